/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Answers questions for names (wire.h) on a socket, each as soon as the host's resolver knows,
 * until the other end closes: that is -ECONNRESET, as others are -errno.  -E2BIG for more than
 * WIRE_NAMES_MAX.
 */
int names_serve(int sock);
