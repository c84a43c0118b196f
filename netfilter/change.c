// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "netfilter/change.h"

static inline bool same(const struct peer *a, const struct peer *b)
{
	return !memcmp(a->addr, b->addr, sizeof(a->addr)) && a->port == b->port &&
	       a->family == b->family && a->proto == b->proto && a->prefix == b->prefix &&
	       a->anyone == b->anyone;
}

static bool has_prefix(const struct peer *peers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (peers[i].prefix != family_bits(peers[i].family))
			return true;
	}
	return false;
}

static int compare(const void *x, const void *y)
{
	const struct peer *a = *(const struct peer *const *)x, *b = *(const struct peer *const *)y;
	int r = memcmp(a->addr, b->addr, sizeof(a->addr));

	r = r ? r : a->port - b->port;
	r = r ? r : a->proto - b->proto;
	r = r ? r : a->family - b->family;
	return r ? r : a->anyone - b->anyone;
}

/*
 * A list may name a peer twice, so one that went from here can still be there.  Nearly all peers
 * of a long list are told apart by a bit for their last bytes, without a search.
 */
#define SIEVE 4096

static unsigned grain(const struct peer *p)
{
	return (p->addr[3] + p->addr[2] * 256u + p->addr[15] * 7u + p->port * 31u) % SIEVE;
}

static size_t drop_staying(const struct peer **some, size_t n, const struct peer *other,
			   size_t n_other)
{
	uint8_t sieve[SIEVE] = { 0 };
	size_t kept = 0;

	qsort(some, n, sizeof(*some), compare);
	for (size_t i = 0; i < n; i++) {
		if (kept && same(some[kept - 1], some[i]))
			continue;
		some[kept++] = some[i];
		sieve[grain(some[i])] = 1;
	}
	n = kept;
	for (size_t i = 0; n && i < n_other; i++) {
		const struct peer *p = &other[i], **at;

		at = sieve[grain(p)] ? bsearch(&p, some, n, sizeof(*some), compare) : NULL;
		if (at)
			memmove(at, at + 1, (size_t)(&some[--n] - at) * sizeof(*some));
	}
	return n;
}

static int find_ends(const struct peer *from, size_t n_from, const struct peer *to, size_t n_to,
		     struct change *c)
{
	const size_t shorter = n_from < n_to ? n_from : n_to;

	while (c->head < shorter && same(&from[c->head], &to[c->head]))
		c->head++;
	while (c->tail < shorter - c->head &&
	       same(&from[n_from - 1 - c->tail], &to[n_to - 1 - c->tail]))
		c->tail++;
	c->n_old = n_from - c->head - c->tail;
	c->n_new = n_to - c->head - c->tail;
	if (c->n_old + c->n_new > CHANGE_MAX)
		return -E2BIG;
	return has_prefix(from + c->head, c->n_old) || has_prefix(to + c->head, c->n_new)
		       ? -EOPNOTSUPP
		       : 0;
}

int change_find(const struct peer *from, size_t n_from, const struct peer *to, size_t n_to,
		struct change *ret)
{
	struct change c = { 0 };
	int r = find_ends(from, n_from, to, n_to, &c);

	if (r < 0)
		return r;
	c.gone = calloc(c.n_old + 1, sizeof(*c.gone));
	c.come = calloc(c.n_new + 1, sizeof(*c.come));
	if (!c.gone || !c.come) {
		change_free(&c);
		return -ENOMEM;
	}
	for (size_t i = 0; i < c.n_old; i++)
		c.gone[i] = &from[c.head + i];
	for (size_t i = 0; i < c.n_new; i++)
		c.come[i] = &to[c.head + i];
	c.n_gone = drop_staying(c.gone, c.n_old, to, n_to);
	c.n_come = drop_staying(c.come, c.n_new, from, n_from);
	*ret = c;
	return 0;
}

void change_free(struct change *c)
{
	free(c->gone);
	free(c->come);
	*c = (struct change){ 0 };
}
