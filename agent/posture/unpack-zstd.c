// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <zstd.h>

#include "agent/base/count.h"
#include "agent/posture/unpackers.h"

#define LIBRARY "libzstd.so.1"

struct zstd {
	ZSTD_DStream *s; /* its window is bounded by the library: 128 MiB */
	typeof(ZSTD_createDStream) *init;
	typeof(ZSTD_decompressStream) *step;
	typeof(ZSTD_isError) *is_error;
	typeof(ZSTD_freeDStream) *end;
};

static int zstd_open(void **ret)
{
	static const struct unpacker_symbol symbols[] = {
		{ "ZSTD_createDStream", offsetof(struct zstd, init) },
		{ "ZSTD_decompressStream", offsetof(struct zstd, step) },
		{ "ZSTD_isError", offsetof(struct zstd, is_error) },
		{ "ZSTD_freeDStream", offsetof(struct zstd, end) },
	};
	struct zstd *z;
	int r = unpacker_state(LIBRARY, symbols, COUNT(symbols), sizeof(*z), &z);

	if (r == 0 && !(z->s = z->init())) {
		free(z);
		r = -ENOMEM;
	}
	if (r == 0)
		*ret = z;
	return r;
}

static int zstd_step(void *state, struct span *in, struct span *out, bool first)
{
	struct zstd *z = state;
	ZSTD_inBuffer from = { in->p, in->len, 0 };
	ZSTD_outBuffer to = { out->p, out->len, 0 };
	size_t r;

	(void)first; /* it begins the next frame by itself */
	r = z->step(z->s, &to, &from);
	*in = (struct span){ in->p + from.pos, in->len - from.pos };
	*out = (struct span){ out->p + to.pos, out->len - to.pos };
	return z->is_error(r) ? -EBADMSG : r == 0;
}

static void zstd_close(void *state)
{
	struct zstd *z = state;

	z->end(z->s);
	free(z);
}

const struct unpacker unpack_zstd = { LIBRARY, zstd_open, zstd_step, zstd_close };
