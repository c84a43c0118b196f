// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "agent/base/array.h"

#define ROOM_FIRST 8

void *array_grow(void *array, size_t n, size_t *room, size_t element)
{
	const size_t more = *room ? 2 * *room : ROOM_FIRST;
	void *grown;

	if (n < *room)
		return array;
	grown = reallocarray(array, more, element);
	if (grown)
		*room = more;
	return grown;
}
