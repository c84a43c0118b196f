// SPDX-License-Identifier: GPL-2.0-or-later
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/posture/unpackers.h"

/* The library stays loaded: the next list is of the same form. */
static int load(const char *library, const struct unpacker_symbol *symbols, size_t n, void *state)
{
	void *lib = dlopen(library, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	for (size_t i = 0; lib && i < n; i++) {
		void *p = dlsym(lib, symbols[i].name);

		if (!p)
			return -ELIBACC;
		memcpy((char *)state + symbols[i].at, &p, sizeof(p));
	}
	if (!lib)
		return -ELIBACC;
	dlclose(lib);
	return 0;
}

int unpacker_state(const char *library, const struct unpacker_symbol *symbols, size_t n,
		   size_t size, void *ret)
{
	void *state = calloc(1, size);
	int r = state ? load(library, symbols, n, state) : -ENOMEM;

	if (r < 0)
		free(state);
	else
		memcpy(ret, &state, sizeof(state));
	return r;
}

const struct packing packings[] = {
#ifdef CONFIG_UNPACK_GZIP
	{ ".gz", &unpack_gzip },
#else
	{ .ending = ".gz" },
#endif
#ifdef CONFIG_UNPACK_XZ
	{ ".xz", &unpack_xz },
	{ ".lzma", &unpack_xz },
#else
	{ .ending = ".xz" },
	{ .ending = ".lzma" },
#endif
#ifdef CONFIG_UNPACK_LZ4
	{ ".lz4", &unpack_lz4 },
#else
	{ .ending = ".lz4" },
#endif
#ifdef CONFIG_UNPACK_ZSTD
	{ ".zst", &unpack_zstd },
#else
	{ .ending = ".zst" },
#endif
#ifdef CONFIG_UNPACK_BZIP2
	{ ".bz2", &unpack_bzip2 },
#else
	{ .ending = ".bz2" },
#endif
	{ 0 },
};
