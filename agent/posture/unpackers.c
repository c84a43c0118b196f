// SPDX-License-Identifier: GPL-2.0-or-later
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#ifdef CONFIG_UNPACK_GZIP
#include <zlib.h>
#endif
#ifdef CONFIG_UNPACK_XZ
#include <lzma.h>
#endif
#ifdef CONFIG_UNPACK_LZ4
#include <lz4frame.h>
#endif
#ifdef CONFIG_UNPACK_ZSTD
#include <zstd.h>
#endif
#ifdef CONFIG_UNPACK_BZIP2
#include <bzlib.h>
#endif

#include "agent/base/count.h"
#include "agent/posture/unpackers.h"

#define XZ_MEMORY_MAX (128u * 1024 * 1024) /* `xz -9` wants 65 MiB */

struct symbol {
	const char *name;
	size_t at; /* of the pointer in the state */
};

/* The library stays loaded: the next list is of the same form. */
static int load(const char *library, const struct symbol *symbols, size_t n, void *state)
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

/* A zeroed state with the library's functions in it. */
static int state_new(const char *library, const struct symbol *symbols, size_t n, size_t size,
		     void *ret)
{
	void *state = calloc(1, size);
	int r = state ? load(library, symbols, n, state) : -ENOMEM;

	if (r < 0)
		free(state);
	else
		memcpy(ret, &state, sizeof(state));
	return r;
}

#ifdef CONFIG_UNPACK_GZIP
#define GZIP_LIBRARY "libz.so.1"
#define GZIP_WINDOW  (15 + 16) /* the largest, with a gzip header */

struct gzip {
	z_stream z;
	typeof(inflateInit2_) *init;
	typeof(inflateReset) *reset;
	typeof(inflate) *step;
	typeof(inflateEnd) *end;
};

static int gzip_open(void **ret)
{
	static const struct symbol symbols[] = {
		{ "inflateInit2_", offsetof(struct gzip, init) },
		{ "inflateReset", offsetof(struct gzip, reset) },
		{ "inflate", offsetof(struct gzip, step) },
		{ "inflateEnd", offsetof(struct gzip, end) },
	};
	struct gzip *g;
	int r = state_new(GZIP_LIBRARY, symbols, COUNT(symbols), sizeof(*g), &g);

	if (r == 0 && g->init(&g->z, GZIP_WINDOW, ZLIB_VERSION, sizeof(g->z)) != Z_OK) {
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
#endif

#ifdef CONFIG_UNPACK_XZ
#define XZ_LIBRARY "liblzma.so.5"

struct xz {
	lzma_stream s;
	typeof(lzma_auto_decoder) *init;
	typeof(lzma_code) *step;
	typeof(lzma_end) *end;
};

static int xz_open(void **ret)
{
	static const struct symbol symbols[] = {
		{ "lzma_auto_decoder", offsetof(struct xz, init) },
		{ "lzma_code", offsetof(struct xz, step) },
		{ "lzma_end", offsetof(struct xz, end) },
	};
	struct xz *x;
	int r = state_new(XZ_LIBRARY, symbols, COUNT(symbols), sizeof(*x), &x);

	if (r == 0)
		*ret = x;
	return r;
}

static int xz_step(void *state, struct span *in, struct span *out, bool first)
{
	struct xz *x = state;
	lzma_ret r;

	if (first && x->init(&x->s, XZ_MEMORY_MAX, 0) != LZMA_OK)
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
#endif

#ifdef CONFIG_UNPACK_LZ4
#define LZ4_LIBRARY "liblz4.so.1"

struct lz4 {
	LZ4F_dctx *c;
	typeof(LZ4F_createDecompressionContext) *init;
	typeof(LZ4F_decompress) *step;
	typeof(LZ4F_isError) *is_error;
	typeof(LZ4F_freeDecompressionContext) *end;
};

static int lz4_open(void **ret)
{
	static const struct symbol symbols[] = {
		{ "LZ4F_createDecompressionContext", offsetof(struct lz4, init) },
		{ "LZ4F_decompress", offsetof(struct lz4, step) },
		{ "LZ4F_isError", offsetof(struct lz4, is_error) },
		{ "LZ4F_freeDecompressionContext", offsetof(struct lz4, end) },
	};
	struct lz4 *l;
	int r = state_new(LZ4_LIBRARY, symbols, COUNT(symbols), sizeof(*l), &l);

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
#endif

#ifdef CONFIG_UNPACK_ZSTD
#define ZSTD_LIBRARY "libzstd.so.1"

struct zstd {
	ZSTD_DStream *s; /* its window is bounded by the library: 128 MiB */
	typeof(ZSTD_createDStream) *init;
	typeof(ZSTD_decompressStream) *step;
	typeof(ZSTD_isError) *is_error;
	typeof(ZSTD_freeDStream) *end;
};

static int zstd_open(void **ret)
{
	static const struct symbol symbols[] = {
		{ "ZSTD_createDStream", offsetof(struct zstd, init) },
		{ "ZSTD_decompressStream", offsetof(struct zstd, step) },
		{ "ZSTD_isError", offsetof(struct zstd, is_error) },
		{ "ZSTD_freeDStream", offsetof(struct zstd, end) },
	};
	struct zstd *z;
	int r = state_new(ZSTD_LIBRARY, symbols, COUNT(symbols), sizeof(*z), &z);

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
#endif

#ifdef CONFIG_UNPACK_BZIP2
#define BZIP2_LIBRARY "libbz2.so.1.0"

struct bzip2 {
	bz_stream s;
	bool begun;
	typeof(BZ2_bzDecompressInit) *init;
	typeof(BZ2_bzDecompress) *step;
	typeof(BZ2_bzDecompressEnd) *end;
};

static int bzip2_open(void **ret)
{
	static const struct symbol symbols[] = {
		{ "BZ2_bzDecompressInit", offsetof(struct bzip2, init) },
		{ "BZ2_bzDecompress", offsetof(struct bzip2, step) },
		{ "BZ2_bzDecompressEnd", offsetof(struct bzip2, end) },
	};
	struct bzip2 *b;
	int r = state_new(BZIP2_LIBRARY, symbols, COUNT(symbols), sizeof(*b), &b);

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
#endif

const struct unpacker unpackers[] = {
#ifdef CONFIG_UNPACK_GZIP
	{ ".gz", GZIP_LIBRARY, gzip_open, gzip_step, gzip_close },
#else
	{ .ending = ".gz" },
#endif
#ifdef CONFIG_UNPACK_XZ
	{ ".xz", XZ_LIBRARY, xz_open, xz_step, xz_close },
	{ ".lzma", XZ_LIBRARY, xz_open, xz_step, xz_close },
#else
	{ .ending = ".xz" },
	{ .ending = ".lzma" },
#endif
#ifdef CONFIG_UNPACK_LZ4
	{ ".lz4", LZ4_LIBRARY, lz4_open, lz4_step, lz4_close },
#else
	{ .ending = ".lz4" },
#endif
#ifdef CONFIG_UNPACK_ZSTD
	{ ".zst", ZSTD_LIBRARY, zstd_open, zstd_step, zstd_close },
#else
	{ .ending = ".zst" },
#endif
#ifdef CONFIG_UNPACK_BZIP2
	{ ".bz2", BZIP2_LIBRARY, bzip2_open, bzip2_step, bzip2_close },
#else
	{ .ending = ".bz2" },
#endif
	{ 0 },
};
