// SPDX-License-Identifier: GPL-2.0-or-later
/* The functions that allocate, of the program and its libraries: each call may fail. */
#include <errno.h>
#include <stddef.h>

#include "tests/sim/inject.h"

#ifndef __SANITIZE_ADDRESS__ /* which has its own */

/* glibc's, under the names that are not replaced. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t each);
void *__libc_realloc(void *p, size_t n);
void *malloc(size_t n);
void *calloc(size_t n, size_t each);
void *realloc(void *p, size_t n);

static void *none(void)
{
	errno = ENOMEM;
	return NULL;
}

void *malloc(size_t n)
{
	return inject_memory() ? none() : __libc_malloc(n);
}

void *calloc(size_t n, size_t each)
{
	return inject_memory() ? none() : __libc_calloc(n, each);
}

void *realloc(void *p, size_t n)
{
	return inject_memory() ? none() : __libc_realloc(p, n);
}

#endif
