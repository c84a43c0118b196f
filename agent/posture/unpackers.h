/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One row a form of compression; unpack.c feeds them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct span { /* bytes that are left */
	unsigned char *p;
	size_t len;
};

struct unpacker {
	const char *ending;  /* of a file's name: ".gz" */
	const char *library; /* of which it makes use */
	/* -ELIBACC: the library is not there; NULL: left out of this build. */
	int (*open)(void **state);
	/*
	 * Takes from in, puts into out, and moves both on; `first` at a stream's beginning.
	 * 1 at a stream's end, 0 in its middle, -EBADMSG for what is malformed, -ENOMEM.
	 */
	int (*step)(void *state, struct span *in, struct span *out, bool first);
	void (*close)(void *state);
};

extern const struct unpacker unpackers[]; /* the last has no ending */
