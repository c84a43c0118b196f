/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways in which a program may hand its data to a socket, besides sendto(). */
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

/* By its name: "" (sendto), "uring", "zerocopy", "segments", "fastopen", "splice".  As sendto(). */
ssize_t send_by(const char *how, int fd, const void *data, size_t n, const struct sockaddr *to,
		socklen_t len);
