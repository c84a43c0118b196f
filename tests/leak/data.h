/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tests/leak/packet.h"

/* A place to write to; whoever writes knows that PACKET_MAX is far away. */
struct pen {
	uint8_t *at, *from;
};

static inline void put(struct pen *p, const void *bytes, size_t n)
{
	memcpy(p->at, bytes, n);
	p->at += n;
}

static inline void put8(struct pen *p, unsigned n)
{
	*p->at++ = (uint8_t)n;
}

static inline void put16(struct pen *p, unsigned n)
{
	put8(p, n >> 8);
	put8(p, n);
}

static inline void put_zeros(struct pen *p, size_t n)
{
	memset(p->at, 0, n);
	p->at += n;
}

static inline void put_token(struct pen *p, const struct shot *s)
{
	put(p, s->token, strlen(s->token));
}

/* What the packet carries, by the name in s->data; false when there is no such name. */
bool put_data(struct pen *p, const struct shot *s);
