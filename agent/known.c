// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "agent/known.h"

static struct known_name *find(const struct known *k, const char *name)
{
	for (size_t i = 0; i < k->n; i++)
		if (!strcmp(k->at[i].name.text, name))
			return (struct known_name *)&k->at[i];
	return NULL;
}

void known_keep(struct known *k, const struct allow *a)
{
	struct known old = *k;

	k->n = 0;
	for (size_t i = 0; i < a->n_named; i++) {
		const struct name *name = &a->named[i].name;
		const struct known_name *was = find(&old, name->text);

		if (find(k, name->text))
			continue;
		k->at[k->n] = was ? *was : (struct known_name){ .name = *name };
		k->at[k->n++].waiting = false; /* the round that asked is over */
	}
}

/* A name may stand there more than once, with other bounds. */
static bool admits(const struct allow *a, const char *name, const struct prefix *at)
{
	for (size_t i = 0; i < a->n_named; i++)
		if (!strcmp(a->named[i].name.text, name) && named_admits(&a->named[i], at))
			return true;
	return false;
}

static bool same(const struct prefix *a, const struct prefix *b)
{
	return a->family == b->family && !memcmp(a->addr, b->addr, sizeof(a->addr));
}

/* The place of an address, or else one for it: that of the one that would leave first. */
static size_t place_for(const struct known_name *n, const struct prefix *at)
{
	size_t first = FOUND_MAX;

	for (size_t i = 0; i < n->n; i++) {
		if (same(&n->at[i].at, at))
			return i;
		if (n->at[i].until && (first == FOUND_MAX || n->at[i].until < n->at[first].until))
			first = i;
	}
	return n->n < FOUND_MAX ? n->n : first;
}

/* Whether it was not there before; when all are of the same answer, it is passed over. */
static bool add(struct known_name *n, const struct prefix *at)
{
	size_t i = place_for(n, at);
	bool new = i == n->n || (i < n->n && !same(&n->at[i].at, at));

	if (i == FOUND_MAX)
		return false;
	n->n += i == n->n;
	n->at[i].at = *at;
	n->at[i].until = 0;
	return new;
}

struct sorted {
	size_t n, refused;
	struct prefix at[WIRE_FOUND_MAX], first_refused;
};

static int sort_out(const struct fetch_found *f, const struct allow *a, struct sorted *s)
{
	for (uint32_t i = 0; i < f->n; i++) {
		struct prefix p = { .family = f->at[i].family };

		if (p.family != AF_INET && p.family != AF_INET6)
			return -EPROTO;
		p.prefix = (uint8_t)family_bits(p.family);
		memcpy(p.addr, f->at[i].addr, p.prefix / 8);
		if (admits(a, f->name, &p))
			s->at[s->n++] = p;
		else if (!s->refused++)
			s->first_refused = p;
	}
	return 0;
}

static void tell_refused(struct known_name *n, const struct sorted *s)
{
	char text[INET6_ADDRSTRLEN] = "";

	n->fault[0] = '\0';
	if (!s->refused)
		return;
	inet_ntop(s->first_refused.family, s->first_refused.addr, text, sizeof(text));
	snprintf(n->fault, sizeof(n->fault),
		 "resolves to %s%s, which the policy does not admit: not opened", text,
		 s->refused > 1 ? " and others" : "");
}

static uint64_t bounded(uint32_t ttl)
{
	return ttl < KNOWN_TTL_MIN ? KNOWN_TTL_MIN : ttl > KNOWN_TTL_MAX ? KNOWN_TTL_MAX : ttl;
}

/* What is gone from the answer gets its grace, from the first answer on that lacks it. */
static bool merge(struct known_name *n, const struct sorted *s, uint64_t now)
{
	bool changed = false;

	for (size_t i = 0; i < n->n; i++)
		if (!n->at[i].until)
			n->at[i].until = now + KNOWN_GRACE;
	for (size_t i = 0; i < s->n; i++)
		changed |= add(n, &s->at[i]);
	return changed;
}

int known_take(struct known *k, const struct allow *a, const struct fetch_found *f, uint64_t now)
{
	struct sorted s = { 0 };
	struct known_name *n;

	if (!wire_text_ok(f->name) || !wire_text_ok(f->why) || f->n > WIRE_FOUND_MAX)
		return -EPROTO;
	n = find(k, f->name);
	if (!n)
		return -ENOENT;
	n->waiting = false;
	if (f->err < 0 || sort_out(f, a, &s) < 0) {
		known_miss(n, f->err < 0 ? f->why : "lazaret-fetch answered with no address", now);
		return f->err < 0 ? 0 : -EPROTO;
	}
	tell_refused(n, &s);
	n->good = s.n > 0;
	n->due = now + bounded(f->ttl);
	return s.n ? merge(n, &s, now) : 0;
}

void known_miss(struct known_name *n, const char *why, uint64_t now)
{
	snprintf(n->fault, sizeof(n->fault), "does not resolve: %.120s", why);
	n->waiting = n->good = false;
	n->due = now + KNOWN_TTL_MIN;
}

/* Only a good answer ages the one before. */
bool known_expire(struct known *k, uint64_t now)
{
	bool changed = false;

	for (size_t i = 0; i < k->n; i++) {
		struct known_name *n = &k->at[i];
		size_t kept = 0;

		for (size_t j = 0; j < n->n; j++)
			if (!n->at[j].until || n->at[j].until > now)
				n->at[kept++] = n->at[j];
		changed |= kept < n->n;
		n->n = kept;
	}
	return changed;
}

uint64_t known_next(const struct known *k)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < k->n; i++) {
		const struct known_name *n = &k->at[i];

		next = n->due < next ? n->due : next;
		for (size_t j = 0; j < n->n; j++)
			if (n->at[j].until && n->at[j].until < next)
				next = n->at[j].until;
	}
	return next;
}

void known_found(const struct known *k, struct found *ret)
{
	for (size_t i = 0; i < k->n; i++) {
		const struct known_name *n = &k->at[i];

		ret[i] = (struct found){ .name = n->name, .n = n->n };
		for (size_t j = 0; j < n->n; j++)
			ret[i].at[j] = n->at[j].at;
	}
}
