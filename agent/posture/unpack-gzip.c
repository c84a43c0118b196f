// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <zlib.h>

#include "agent/base/count.h"
#include "agent/posture/unpackers.h"

#define LIBRARY "libz.so.1"
#define WINDOW	(15 + 16) /* the largest, with a gzip header */

struct gzip {
	z_stream z;
	typeof(inflateInit2_) *init;
	typeof(inflateReset) *reset;
	typeof(inflate) *step;
	typeof(inflateEnd) *end;
};

static int gzip_open(void **ret)
{
	static const struct unpacker_symbol symbols[] = {
		{ "inflateInit2_", offsetof(struct gzip, init) },
		{ "inflateReset", offsetof(struct gzip, reset) },
		{ "inflate", offsetof(struct gzip, step) },
		{ "inflateEnd", offsetof(struct gzip, end) },
	};
	struct gzip *g;
	int r = unpacker_state(LIBRARY, symbols, COUNT(symbols), sizeof(*g), &g);

	if (r == 0 && g->init(&g->z, WINDOW, ZLIB_VERSION, sizeof(g->z)) != Z_OK) {
		free(g);
		r = -ENOMEM;
	}
	if (r == 0)
		*ret = g;
	return r;
}

static int gzip_step(void *state, struct span *in, struct span *out, bool first)
{
	struct gzip *g = state;
	int r;

	if (first)
		g->reset(&g->z);
	g->z.next_in = in->p;
	g->z.avail_in = (unsigned)in->len;
	g->z.next_out = out->p;
	g->z.avail_out = (unsigned)out->len;
	r = g->step(&g->z, Z_NO_FLUSH);
	*in = (struct span){ g->z.next_in, g->z.avail_in };
	*out = (struct span){ g->z.next_out, g->z.avail_out };
	return r == Z_STREAM_END ? 1 : r == Z_OK || r == Z_BUF_ERROR ? 0 : -EBADMSG;
}

static void gzip_close(void *state)
{
	struct gzip *g = state;

	g->end(&g->z);
	free(g);
}

const struct unpacker unpack_gzip = { LIBRARY, gzip_open, gzip_step, gzip_close };
