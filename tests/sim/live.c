// SPDX-License-Identifier: GPL-2.0-or-later
#include <malloc.h>
#include <stdlib.h>

#include "tests/sim/live.h"

#define LARGE ((size_t)65536)

static struct live live; /* what calls these functions has no context to hand them */

/* A large piece has as many pages as it needs, or all of the hole that it was put in. */
static size_t size_of(const void *p)
{
	size_t n = malloc_usable_size((void *)p);

	return n < LARGE ? n : (n + LARGE / 2) / LARGE * LARGE;
}

static void came(const void *p)
{
	live.pieces += p != NULL;
	live.bytes += p ? size_of(p) : 0;
}

static void goes(const void *p)
{
	live.pieces -= p != NULL;
	live.bytes -= p ? size_of(p) : 0;
}

struct live live_now(void)
{
	return live;
}

#ifdef __SANITIZE_ADDRESS__

/* <sanitizer/allocator_interface.h>, which comes with clang alone. */
int __sanitizer_install_malloc_and_free_hooks(void (*in)(const volatile void *p, size_t n),
					      void (*out)(const volatile void *p));

static void on_malloc(const volatile void *p, size_t n)
{
	(void)n;
	came((const void *)p);
}

static void on_free(const volatile void *p)
{
	goes((const void *)p);
}

__attribute__((constructor)) static void watch(void)
{
	__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
}

#else

/* glibc's, under the names that are not replaced. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t each);
void *__libc_realloc(void *p, size_t n);
void __libc_free(void *p);

void *malloc(size_t n)
{
	void *p = __libc_malloc(n);

	came(p);
	return p;
}

void *calloc(size_t n, size_t each)
{
	void *p = __libc_calloc(n, each);

	came(p);
	return p;
}

void *realloc(void *p, size_t n)
{
	struct live before = live;
	void *ret;

	goes(p);
	ret = __libc_realloc(p, n);
	if (!ret && n)
		live = before;
	came(ret);
	return ret;
}

void free(void *p)
{
	goes(p);
	__libc_free(p);
}

#endif
