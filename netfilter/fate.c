// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "netfilter/ruleset-parts.h"
#include "netfilter/table.h"

#define DEPTH_MAX 64 /* the kernel allows 16 jumps */

static unsigned fate_in(struct ruleset *rs, uint32_t chain, unsigned probe, unsigned depth);

static unsigned fate_by(struct ruleset *rs, const struct kept_rule *rule, unsigned probe,
			unsigned depth)
{
	switch (rule->effect) {
	case EFFECT_NONE:
	case EFFECT_LEAD:
	case EFFECT_UNTRACK: break;
	case EFFECT_ACCEPT: return FATE_ACCEPT;
	case EFFECT_DROP: return FATE_DROP;
	case EFFECT_RETURN: return FATE_RETURN;
	case EFFECT_JUMP:
	case EFFECT_GOTO: return fate_in(rs, rule->target, probe, depth + 1);
	}
	return 0;
}

/* *lets, when it is asked for, is the first rule that may let the packet in. */
static unsigned walk(struct ruleset *rs, const struct kept_chain *c, unsigned probe, unsigned depth,
		     const struct kept_rule **lets)
{
	unsigned fates = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		const struct kept_rule *rule = &c->rules[i];
		unsigned fate;
		bool on;

		if (!probe_set_has(&rule->may, probe))
			continue;
		fate = fate_by(rs, rule, probe, depth);
		if (lets && !*lets && fate & FATE_ACCEPT)
			*lets = rule;
		on = rule->effect == EFFECT_JUMP && fate & FATE_RETURN;
		fates |= on ? fate & ~(unsigned)FATE_RETURN : fate;
		if (probe_set_has(&rule->sure, probe) && !on)
			return fates;
	}
	return fates | FATE_RETURN;
}

/* Loops and depths that no kernel takes are no evidence of anything: open. */
static unsigned fate_in(struct ruleset *rs, uint32_t chain, unsigned probe, unsigned depth)
{
	struct kept_chain *c;

	if (chain == NOWHERE || depth > DEPTH_MAX)
		return FATE_ACCEPT;
	c = &rs->chains[chain];
	if (c->fate[probe] & FATE_BEING_ASKED)
		return FATE_ACCEPT;
	if (!c->fate[probe]) {
		c->fate[probe] = FATE_BEING_ASKED;
		c->fate[probe] = (uint8_t)walk(rs, c, probe, depth, NULL);
	}
	return c->fate[probe];
}

static bool is_met(const struct ruleset *rs, const struct kept_chain *c, unsigned probe)
{
	return c->input &&
	       (c->name.family == NFPROTO_INET || c->name.family == rs->probes[probe].family);
}

static bool closes(struct ruleset *rs, uint32_t chain, unsigned probe)
{
	const struct kept_chain *c = &rs->chains[chain];
	unsigned fates;

	if (!is_met(rs, c, probe))
		return false;
	fates = fate_in(rs, chain, probe, 0);
	if (fates & FATE_RETURN)
		fates = (fates & ~(unsigned)FATE_RETURN) | c->policy;
	return fates == FATE_DROP;
}

/* A drop in any chain of the hook is final, so one that closes is enough; the first one is told. */
static const struct kept_chain *closing(struct ruleset *rs, unsigned probe, bool baseline)
{
	const struct kept_chain *first = NULL;

	for (uint32_t i = 0; i < rs->n_chains; i++) {
		if (!baseline && !strcmp(rs->chains[i].name.table, BASELINE_TABLE))
			continue;
		if (closes(rs, i, probe) && (!first || rs->chains[i].priority < first->priority))
			first = &rs->chains[i];
	}
	return first;
}

/* Of a chain that does not close: 2 when it denies all the same, 1 when it decides about all. */
static unsigned closeness(struct ruleset *rs, uint32_t chain, unsigned probe)
{
	const struct kept_chain *c = &rs->chains[chain];
	unsigned fates;

	if (!is_met(rs, c, probe))
		return 0;
	fates = fate_in(rs, chain, probe, 0);
	if (c->policy == FATE_ACCEPT && fates & FATE_RETURN)
		return 0;
	return c->policy == FATE_DROP || fates & FATE_DROP ? 2 : 1;
}

/*
 * The chain that was meant to close; NULL: each lets in what no rule names.  Our baseline leaves a
 * family to whoever closed it, and is laid anew.
 */
static const struct kept_chain *failing(struct ruleset *rs, unsigned probe)
{
	const struct kept_chain *best = NULL;
	unsigned most = 0;

	for (uint32_t i = 0; i < rs->n_chains; i++) {
		const struct kept_chain *c = &rs->chains[i];
		const bool ours = !strcmp(c->name.table, BASELINE_TABLE);
		const unsigned close = ours ? 0 : closeness(rs, i, probe);

		if (close > most || (best && close == most && c->priority < best->priority)) {
			best = c;
			most = close;
		}
	}
	return best;
}

/* What drops some of it, be it by a jump, ends the search. */
static void find_jumps(struct ruleset *rs, const struct kept_chain *c, unsigned probe,
		       const struct kept_rule *but, struct opening_base *ret)
{
	size_t n = 0;

	for (const struct kept_rule *rule = c->rules; rule < c->rules + c->n; rule++) {
		const bool jumps = rule->effect == EFFECT_JUMP && rule->target != NOWHERE;
		const char *to = jumps ? rs->chains[rule->target].name.chain : "";
		unsigned fate;

		if (rule == but || !probe_set_has(&rule->may, probe))
			continue;
		if (jumps && probe_set_has(&rule->sure, probe) && n < OPENING_JUMPS &&
		    strlen(to) < sizeof(ret->jumps[n]))
			memcpy(ret->jumps[n++], to, strlen(to) + 1);
		fate = fate_by(rs, rule, probe, 0);
		if (fate & FATE_DROP || (fate & FATE_RETURN && rule->effect != EFFECT_JUMP))
			return;
	}
}

static void find_base(struct ruleset *rs, const struct kept_chain *c, unsigned probe,
		      const struct kept_rule *rule, struct opening_base *ret)
{
	name_text(&c->name, ret->chain, sizeof(ret->chain));
	ret->rule = rule->position;
	ret->handle = rule->handle;
	find_jumps(rs, c, probe, rule, ret);
}

/* What lets it in, as far inside as jumps lead. */
static void find_opening(struct ruleset *rs, unsigned probe, struct opening *ret)
{
	const struct kept_chain *c = failing(rs, probe);

	*ret = (struct opening){ 0 };
	for (unsigned depth = 0; c && depth < DEPTH_MAX; depth++) {
		const struct kept_rule *rule = NULL;

		walk(rs, c, probe, depth, &rule);
		if (!rule)
			return;
		name_text(&c->name, ret->chain, sizeof(ret->chain));
		if (!depth)
			find_base(rs, c, probe, rule, &ret->base);
		if (depth < 2)
			memcpy(ret->way, ret->chain, sizeof(ret->way));
		ret->rule = rule->position;
		ret->handle = rule->handle;
		c = rule->target == NOWHERE ? NULL : &rs->chains[rule->target];
	}
}

static bool judge(struct ruleset *rs, uint8_t family, char *by, size_t room,
		  struct opening *opening)
{
	const struct kept_chain *c = NULL;

	for (unsigned i = 0; i < PROBES; i++) {
		if (rs->probes[i].family != family)
			continue;
		c = closing(rs, i, true);
		if (!c) {
			find_opening(rs, i, opening);
			return false;
		}
	}
	name_text(&c->name, by, room);
	return true;
}

/* Is that family closed but for our baseline? */
static bool closes_without(struct ruleset *rs, uint8_t family)
{
	bool closed = true;

	for (unsigned i = 0; i < PROBES; i++)
		closed &= rs->probes[i].family != family || closing(rs, i, false);
	return closed;
}

bool ruleset_lets_most_in(struct ruleset *rs, uint8_t family, bool baseline)
{
	unsigned asked[3] = { 0 }, open[3] = { 0 };
	bool most = false;

	for (unsigned i = ASKED; i < rs->n_probes; i++) {
		const struct probe *p = &rs->probes[i];
		const unsigned udp = p->tracking == TRACKING_INVALID ? 2 : 1;
		const unsigned of = p->protocol == IPPROTO_UDP ? udp : 0;

		if (p->family != family)
			continue;
		asked[of]++;
		open[of] += !closing(rs, i, baseline);
	}
	for (size_t i = 0; i < COUNT(asked); i++)
		most |= asked[i] && 2 * open[i] >= asked[i];
	return most;
}

static bool is_open_by_groups(struct ruleset *rs, uint8_t family)
{
	bool open = false;

	for (unsigned i = PROBES; i < ASKED; i++)
		open |= rs->probes[i].family == family && !closing(rs, i, true);
	return open;
}

/* Those of the first n questions; what there was no room to ask may be open. */
static void judge_ports(struct ruleset *rs, struct survey_port *ports, size_t n)
{
	for (size_t i = rs->n_questions; i < n; i++)
		ports[i].open = true;
	for (unsigned i = ASKED; i < rs->n_probes && rs->question[i] < n; i++) {
		const struct probe *p = &rs->probes[i];
		struct survey_port *port = &ports[rs->question[i]];

		port->open |= !closing(rs, i, true);
		port->open |= p->group && is_open_by_groups(rs, p->family);
		port->untracked |= probe_set_has(&rs->untracks, i);
	}
}

void ruleset_judge(struct ruleset *rs, struct survey_port *ports, size_t n, struct survey *ret)
{
	struct survey s = { 0 };

	s.closed4 = judge(rs, NFPROTO_IPV4, s.by4, sizeof(s.by4), &s.open4);
	s.closed6 = judge(rs, NFPROTO_IPV6, s.by6, sizeof(s.by6), &s.open6);
	for (uint32_t i = 0; i < rs->n_chains; i++)
		s.rules |= rs->chains[i].input && rs->chains[i].taken;
	s.without4 = closes_without(rs, NFPROTO_IPV4);
	s.without6 = closes_without(rs, NFPROTO_IPV6);
	s.without_baseline = s.without4 && s.without6;
	judge_ports(rs, ports, n);
	memcpy(s.cut, rs->cut, sizeof(s.cut));
	memcpy(s.forwards, rs->forwards, sizeof(s.forwards));
	s.n_forwards = rs->n_forwards;
	s.all_forwards = rs->all_forwards;
	*ret = s;
}
