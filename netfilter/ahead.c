// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_TEE.h>
#include <string.h>

#include "agent/base/count.h"
#include "netfilter/ahead.h"
#include "netfilter/edges.h"
#include "netfilter/forward.h"
#include "netfilter/links.h"
#include "netfilter/object.h"
#include "netfilter/ruleset-parts.h"

struct scan {
	struct ruleset *rs;
	const struct rule_seen *rule;
	const struct nlattr *regs[NFT_REG32_15 + 1]; /* what the terms right before put there */
	bool news, hardware;			     /* for struct ahead */
};

static const uint8_t *bytes_in(const struct scan *s, const struct nlattr *reg, uint32_t *len)
{
	uint32_t n = object_be32(reg, UINT32_MAX);

	*len = 0;
	return n <= NFT_REG32_15 && s->regs[n] ? object_data(s->regs[n], len) : NULL;
}

static bool is_loopback(const uint8_t *addr, uint32_t len)
{
	return len == sizeof(in6addr_loopback) ? !memcmp(addr, &in6addr_loopback, len)
					       : addr[0] == IN_LOOPBACKNET;
}

/* What cannot be told may be loopback. */
static bool leads_home(const struct scan *s, const struct nlattr *link, const struct nlattr *addr)
{
	uint32_t len, index;
	const uint8_t *at = bytes_in(s, link ? link : addr, &len);

	if (!at || len < sizeof(index))
		return true;
	memcpy(&index, at, sizeof(index));
	return link ? index == LINK_LOOPBACK : is_loopback(at, len);
}

static void loop(struct scan *s)
{
	s->news |= !s->rs->probes[0].looped;
	for (unsigned i = 0; i < s->rs->n_probes; i++)
		s->rs->probes[i].looped = true;
}

static void on_fwd(struct scan *s, const struct nlattr **a)
{
	if (leads_home(s, a[NFTA_FWD_SREG_DEV], NULL))
		loop(s);
}

static void on_dup(struct scan *s, const struct nlattr **a)
{
	if (leads_home(s, a[NFTA_DUP_SREG_DEV], a[NFTA_DUP_SREG_ADDR]))
		loop(s);
}

static void on_target(struct scan *s, const struct nlattr **a)
{
	const char *name = object_text(a[NFTA_TARGET_NAME]);
	const struct nlattr *info = a[NFTA_TARGET_INFO];
	struct xt_tee_tginfo tee;

	if (!name || strcmp(name, "TEE") || !info || mnl_attr_get_payload_len(info) < sizeof(tee))
		return;
	memcpy(&tee, mnl_attr_get_payload(info), sizeof(tee));
	if (!strcmp(tee.oif, "lo") ||
	    is_loopback((const uint8_t *)&tee.gw, s->rule->family == NFPROTO_IPV6 ? 16 : 4))
		loop(s);
}

static void on_dynset(struct scan *s, const struct nlattr **a)
{
	const char *name = object_text(a[NFTA_DYNSET_SET_NAME]);

	s->news |= name && sets_fill(&s->rs->sets, s->rule->family, s->rule->table, name);
}

static void on_payload(struct scan *s, const struct nlattr **a)
{
	s->hardware |= object_be32(a[NFTA_PAYLOAD_BASE], UINT32_MAX) == NFT_PAYLOAD_LL_HEADER;
}

static void on_match(struct scan *s, const struct nlattr **a)
{
	const char *name = object_text(a[NFTA_MATCH_NAME]);

	s->hardware |= name && !strcmp(name, "mac");
}

static const struct {
	const char *name;
	void (*on)(struct scan *s, const struct nlattr **a);
} rows[] = {
	{ "dup", on_dup },     { "dynset", on_dynset },	  { "fwd", on_fwd },
	{ "match", on_match }, { "payload", on_payload }, { "target", on_target },
};

static void scan_term(struct scan *s, const struct nlattr *term)
{
	const struct nlattr *a[TERM_ATTRS + 1];
	const char *name;
	uint32_t reg;

	if (object_term(term, &name, a) < 0)
		return;
	reg = object_be32(a[NFTA_IMMEDIATE_DREG], UINT32_MAX);
	if (name && !strcmp(name, "immediate") && reg <= NFT_REG32_15) {
		s->regs[reg] = a[NFTA_IMMEDIATE_DATA];
		return;
	}
	for (size_t i = 0; name && i < COUNT(rows); i++)
		if (!strcmp(name, rows[i].name))
			rows[i].on(s, a);
	memset(s->regs, 0, sizeof(s->regs));
}

static void scan(struct scan *s)
{
	const struct nlattr *a;
	uint32_t at = ruleset_chain(s->rs, s->rule->family, s->rule->table, s->rule->chain);

	/* Of families that are not IP's no chain is kept; what this host itself sends is no news.
	 */
	if (!s->rule->terms || (at == NOWHERE && s->rule->family != NFPROTO_NETDEV) ||
	    (at != NOWHERE && s->rs->chains[at].output))
		return;
	mnl_attr_for_each_nested(a, s->rule->terms) scan_term(s, a);
}

static void note_hardware(const struct scan *s)
{
	struct ahead *ahead = s->rs->scope.ahead;

	if (ahead && s->hardware && !ahead->hardware)
		s->rs->learnt = ahead->hardware = true;
}

/* A packet to this host comes by ingress, a bridge, prerouting and input. */
static void learn_marks(struct ruleset *rs, const struct rule_seen *rule)
{
	const uint32_t at = ruleset_chain(rs, rule->family, rule->table, rule->chain);
	const bool lower = rule->family == NFPROTO_NETDEV || rule->family == NFPROTO_BRIDGE;
	struct ahead *ahead = rs->scope.ahead;

	if (!ahead || !rule->terms || (at == NOWHERE ? !lower : rs->chains[at].aside))
		return;
	marks_learn(rule->terms, &rs->marks);
	if (!rs->marks.asked || !(rs->marks.set & ~ahead->marks))
		return;
	ahead->marks |= rs->marks.set;
	rs->learnt = true;
}

void ahead_learn(struct ruleset *rs, const struct rule_seen *rule)
{
	struct scan s = { .rs = rs, .rule = rule };

	learn_marks(rs, rule);
	scan(&s);
	note_hardware(&s);
	if (s.news && rs->scope.ahead)
		rs->learnt = rs->scope.ahead->rules = true;
}

/* Is it new that those ports are led to? */
static bool lead(struct led *led, uint16_t from, uint16_t to)
{
	bool news = false;

	for (uint32_t port = from; port <= to; port++) {
		const uint64_t bit = UINT64_C(1) << port % 64;

		news |= !(led->ports[port / 64] & bit);
		led->ports[port / 64] |= bit;
	}
	return news;
}

/* Groups and the broadcast are each host's; so is loopback, but ::1 leads nowhere from a link. */
static bool is_anybodys(const uint8_t *from, const uint8_t *to, size_t len)
{
	if (len == sizeof(struct in6_addr))
		return to[0] == 0xff;
	return to[0] >= 224 || (from[0] <= IN_LOOPBACKNET && to[0] >= IN_LOOPBACKNET);
}

static bool is_own(const struct ahead *ahead, const uint8_t *from, const uint8_t *to, size_t len)
{
	return is_anybodys(from, to, len) ||
	       addresses_within(&ahead->own, len == 4 ? NFPROTO_IPV4 : NFPROTO_IPV6, from, to, NULL,
				len);
}

bool ahead_is_own(const struct ahead *ahead, const struct whereto *w)
{
	if (!ahead || !w->len)
		return true;
	if (!w->map)
		return is_own(ahead, w->from, w->to, w->len);
	for (size_t i = 0; i < w->map->n; i++) {
		const struct element *e = &w->map->elements[i];

		if (!e->ends &&
		    (w->at_from + w->len > e->value_len || w->at_to + w->len > e->value_len ||
		     is_own(ahead, e->value + w->at_from, e->value + w->at_to, w->len)))
			return true;
	}
	return false;
}

/* Of the ports from one to another those that stay as they are: most? */
static bool keeps_most(const struct forward *f)
{
	const uint16_t from = f->own_from > f->from ? f->own_from : f->from;
	const uint16_t to = f->own_from && f->own_to < f->to ? f->own_to : f->to;

	return !f->mapped && from <= to && to - from >= UINT16_MAX / 2;
}

void ahead_lead(struct ruleset *rs, const struct forward *f)
{
	static const uint8_t families[] = { NFPROTO_IPV4, NFPROTO_IPV6 };
	const uint16_t from = f->own_from ? f->own_from : f->from;
	const uint16_t to = f->own_from ? f->own_to : f->to;
	const bool most = keeps_most(f);

	/*
	 * What only neighbours meet of a service that this host has at one of its own ports, as
	 * Kubernetes does, is told and opens nothing.
	 */
	if (!rs->scope.ahead || !f->own || (f->near && f->by_address && !most))
		return;
	edges_note(rs->probes[0].edges, from, to);
	for (size_t i = 0; i < COUNT(families); i++) {
		struct led *led = &rs->scope.ahead->led[i];

		if (f->family != NFPROTO_INET && f->family != families[i])
			continue;
		rs->learnt |= lead(led, from, to) || (most && !led->most);
		led->most |= most;
	}
}

void ahead_doubt(struct ahead *ahead, const struct survey_unseen *unseen)
{
	const bool nat[] = { unseen->nat4, unseen->nat6 };

	for (size_t i = 0; i < COUNT(nat); i++) {
		ahead->led[i].most = nat[i];
		memset(ahead->led[i].ports, nat[i] ? 0xff : 0, sizeof(ahead->led[i].ports));
	}
	ahead->marks = unseen->marks ? MARKS_ALL : 0;
	ahead->untracked = unseen->notrack;
}

void ahead_tell(const struct ahead *ahead, struct probe *probe)
{
	const struct led *led = ahead ? &ahead->led[probe->family == NFPROTO_IPV6] : NULL;
	const uint16_t port = probe->port;

	probe->marks = ahead ? ahead->marks : MARKS_ALL;
	if (!ahead)
		return;
	probe->gateways = &ahead->gateways;
	probe->redirected = port ? led->ports[port / 64] >> port % 64 & 1 : led->most;
}

bool ruleset_wants_ahead(const struct ruleset *rs)
{
	return rs->scope.ahead && rs->scope.ahead->rules;
}

int ruleset_take_ahead(void *ctx, const struct nlmsghdr *h)
{
	struct rule_seen seen;
	struct scan s = { .rs = ctx, .rule = &seen };
	int r = object_rule(h, &seen);

	if (r < 0)
		return r;
	scan(&s);
	note_hardware(&s);
	return 0;
}
