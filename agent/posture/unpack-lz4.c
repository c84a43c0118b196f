// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <lz4frame.h>
#include <stddef.h>
#include <stdlib.h>

#include "agent/base/count.h"
#include "agent/posture/unpackers.h"

#define LIBRARY "liblz4.so.1"

struct lz4 {
	LZ4F_dctx *c;
	typeof(LZ4F_createDecompressionContext) *init;
	typeof(LZ4F_decompress) *step;
	typeof(LZ4F_isError) *is_error;
	typeof(LZ4F_freeDecompressionContext) *end;
};

static int lz4_open(void **ret)
{
	static const struct unpacker_symbol symbols[] = {
		{ "LZ4F_createDecompressionContext", offsetof(struct lz4, init) },
		{ "LZ4F_decompress", offsetof(struct lz4, step) },
		{ "LZ4F_isError", offsetof(struct lz4, is_error) },
		{ "LZ4F_freeDecompressionContext", offsetof(struct lz4, end) },
	};
	struct lz4 *l;
	int r = unpacker_state(LIBRARY, symbols, COUNT(symbols), sizeof(*l), &l);

	if (r == 0 && l->is_error(l->init(&l->c, LZ4F_VERSION))) {
		free(l);
		r = -ENOMEM;
	}
	if (r == 0)
		*ret = l;
	return r;
}

static int lz4_step(void *state, struct span *in, struct span *out, bool first)
{
	struct lz4 *l = state;
	size_t took = in->len, gave = out->len, r;

	(void)first; /* it begins the next frame by itself */
	r = l->step(l->c, out->p, &gave, in->p, &took, NULL);
	*in = (struct span){ in->p + took, in->len - took };
	*out = (struct span){ out->p + gave, out->len - gave };
	return l->is_error(r) ? -EBADMSG : r == 0;
}

static void lz4_close(void *state)
{
	struct lz4 *l = state;

	l->end(l->c);
	free(l);
}

const struct unpacker unpack_lz4 = { LIBRARY, lz4_open, lz4_step, lz4_close };
