// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <lzma.h>
#include <stddef.h>
#include <stdlib.h>

#include "agent/base/count.h"
#include "agent/posture/unpackers.h"

#define LIBRARY	   "liblzma.so.5"
#define MEMORY_MAX (128u * 1024 * 1024) /* `xz -9` wants 65 MiB */

struct xz {
	lzma_stream s;
	typeof(lzma_auto_decoder) *init;
	typeof(lzma_code) *step;
	typeof(lzma_end) *end;
};

static int xz_open(void **ret)
{
	static const struct unpacker_symbol symbols[] = {
		{ "lzma_auto_decoder", offsetof(struct xz, init) },
		{ "lzma_code", offsetof(struct xz, step) },
		{ "lzma_end", offsetof(struct xz, end) },
	};
	struct xz *x;
	int r = unpacker_state(LIBRARY, symbols, COUNT(symbols), sizeof(*x), &x);

	if (r == 0)
		*ret = x;
	return r;
}

static int xz_step(void *state, struct span *in, struct span *out, bool first)
{
	struct xz *x = state;
	lzma_ret r;

	if (first && x->init(&x->s, MEMORY_MAX, 0) != LZMA_OK)
		return -ENOMEM;
	x->s.next_in = in->p;
	x->s.avail_in = in->len;
	x->s.next_out = out->p;
	x->s.avail_out = out->len;
	r = x->step(&x->s, LZMA_RUN);
	in->p += in->len - x->s.avail_in;
	in->len = x->s.avail_in;
	*out = (struct span){ x->s.next_out, x->s.avail_out };
	return r == LZMA_STREAM_END ? 1 : r == LZMA_OK || r == LZMA_BUF_ERROR ? 0 : -EBADMSG;
}

static void xz_close(void *state)
{
	struct xz *x = state;

	x->end(&x->s);
	free(x);
}

const struct unpacker unpack_xz = { LIBRARY, xz_open, xz_step, xz_close };
