/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays that grow by doubling. */
#pragma once

#include <stddef.h>

/*
 * The array with room for one more than its `n` elements: as it is, or else where, with `*room`
 * doubled; one of NULL begins.  NULL when there is no memory: then the array is as it was.
 */
void *array_grow(void *array, size_t n, size_t *room, size_t element);
