/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file a library that unpacks, and a row a form of compression; unpack.c feeds them.  Libraries
 * are loaded when they are needed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct span { /* bytes that are left */
	unsigned char *p;
	size_t len;
};

struct unpacker {
	const char *library;	   /* of which it makes use */
	int (*open)(void **state); /* -ELIBACC: the library is not there; -ENOMEM */
	/*
	 * Takes from in, puts into out, and moves both on; `first` at a stream's beginning.
	 * 1 at a stream's end, 0 in its middle, -EBADMSG for what is malformed, -ENOMEM.
	 */
	int (*step)(void *state, struct span *in, struct span *out, bool first);
	void (*close)(void *state);
};

extern const struct unpacker unpack_gzip, unpack_xz, unpack_lz4, unpack_zstd, unpack_bzip2;

struct packing {
	const char *ending;		 /* of a file's name: ".gz" */
	const struct unpacker *unpacker; /* NULL: left out of this build */
};

extern const struct packing packings[]; /* the last has no ending */

/* A function of a library, and where in the state the pointer to it is. */
struct unpacker_symbol {
	const char *name;
	size_t at;
};

/*
 * For an unpacker's open(): *ret (a pointer to whatever its state is) becomes a zeroed state of
 * `size` bytes with the library's functions in it.  0, -ELIBACC or -ENOMEM; freed by free().
 */
int unpacker_state(const char *library, const struct unpacker_symbol *symbols, size_t n,
		   size_t size, void *ret);
