// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/allow.h"

void allow_free(struct allow *a)
{
	free(a->out);
	free(a->in);
	free(a->named);
	free(a->names);
	free(a->open);
	free(a->open_names);
	*a = (struct allow){ 0 };
}

unsigned family_bits(uint8_t family)
{
	return family == AF_INET ? 32 : 128;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;

	return !memcmp(a, b, bytes) && (!rest || !((a[bytes] ^ b[bytes]) >> (8 - rest)));
}

bool prefix_holds(const struct prefix *p, uint8_t family, const uint8_t *addr)
{
	return p->family == family && same_bits(p->addr, addr, p->prefix);
}

static int compare(const void *left, const void *right)
{
	const struct peer *a = left, *b = right;
	int r;

	if (a->anyone != b->anyone)
		return a->anyone - b->anyone;
	if (a->family != b->family)
		return a->family - b->family;
	if (a->proto != b->proto)
		return a->proto - b->proto;
	if (a->port != b->port)
		return a->port - b->port;
	r = memcmp(a->addr, b->addr, sizeof(a->addr));
	return r ? r : a->prefix - b->prefix;
}

static bool covers(const struct peer *a, const struct peer *b)
{
	return a->anyone == b->anyone && a->family == b->family && a->proto == b->proto &&
	       a->port == b->port && a->prefix <= b->prefix &&
	       same_bits(a->addr, b->addr, a->prefix);
}

/* Sorted, a prefix stands before all that it contains, so one pass is enough. */
size_t peers_merge(struct peer *peers, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(peers, n, sizeof(*peers), compare);
	for (size_t i = 0; i < n; i++)
		if (!kept || !covers(&peers[kept - 1], &peers[i]))
			peers[kept++] = peers[i];
	return kept;
}
