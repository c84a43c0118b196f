// SPDX-License-Identifier: GPL-2.0-or-later
#include <bzlib.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "agent/base/count.h"
#include "agent/posture/unpackers.h"

#define LIBRARY "libbz2.so.1.0"

struct bzip2 {
	bz_stream s;
	bool begun;
	typeof(BZ2_bzDecompressInit) *init;
	typeof(BZ2_bzDecompress) *step;
	typeof(BZ2_bzDecompressEnd) *end;
};

static int bzip2_open(void **ret)
{
	static const struct unpacker_symbol symbols[] = {
		{ "BZ2_bzDecompressInit", offsetof(struct bzip2, init) },
		{ "BZ2_bzDecompress", offsetof(struct bzip2, step) },
		{ "BZ2_bzDecompressEnd", offsetof(struct bzip2, end) },
	};
	struct bzip2 *b;
	int r = unpacker_state(LIBRARY, symbols, COUNT(symbols), sizeof(*b), &b);

	if (r == 0)
		*ret = b;
	return r;
}

/* It has no reset: each stream has a beginning and an end of its own. */
static int bzip2_begin(struct bzip2 *b)
{
	if (b->begun)
		b->end(&b->s);
	b->s = (bz_stream){ 0 };
	b->begun = b->init(&b->s, 0, 0) == BZ_OK;
	return b->begun ? 0 : -ENOMEM;
}

static int bzip2_step(void *state, struct span *in, struct span *out, bool first)
{
	struct bzip2 *b = state;
	int r = first ? bzip2_begin(b) : 0;

	if (r < 0)
		return r;
	b->s.next_in = (char *)in->p;
	b->s.avail_in = (unsigned)in->len;
	b->s.next_out = (char *)out->p;
	b->s.avail_out = (unsigned)out->len;
	r = b->step(&b->s);
	*in = (struct span){ (unsigned char *)b->s.next_in, b->s.avail_in };
	*out = (struct span){ (unsigned char *)b->s.next_out, b->s.avail_out };
	return r == BZ_STREAM_END ? 1 : r == BZ_OK ? 0 : -EBADMSG;
}

static void bzip2_close(void *state)
{
	struct bzip2 *b = state;

	if (b->begun)
		b->end(&b->s);
	free(b);
}

const struct unpacker unpack_bzip2 = { LIBRARY, bzip2_open, bzip2_step, bzip2_close };
