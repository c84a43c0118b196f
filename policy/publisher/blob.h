/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"

/* Secret bytes, wiped when they are released: keys, passphrases. */
struct blob {
	uint8_t *data;
	size_t len;
};

static inline void blob_clear(struct blob *b)
{
	if (b->data)
		explicit_bzero(b->data, b->len);
	free(b->data);
	*b = (struct blob){ 0 };
}

#define _wipe_ _drop_(blob_clear)
