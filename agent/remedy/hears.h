/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/*
 * Whether a datagram that this host sends itself arrives, by each family that loopback has.  Rules
 * that drop it drop answers as a rule, too: such a firewall is closed, and cuts its host off.
 * Where it cannot be tried it counts as heard.  Takes up to 0.4 s.
 */
bool hears_itself(void);
