/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The addresses at which a policy server, or its proxy, last proved its name: what the host falls
 * back to when a policy forgets its own server.
 */
#pragma once

#include <stddef.h>

#include "agent/base/allow.h"

#define SERVED_FILE "served"
#define SERVED_MAX  8

struct served {
	size_t n;
	struct peer at[SERVED_MAX]; /* the last one first */
};

/* Adds the addresses of a file, one a line, as far as there is room; what is none is passed over.
 */
void served_read(int dir, const char *file, struct served *s);

/* Adds one, in place of the oldest when there are too many; SERVED_FILE follows what changed. */
int served_note(int dir, struct served *s, const struct peer *p);
