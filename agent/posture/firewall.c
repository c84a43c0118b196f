// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/posture/firewall.h"
#include "agent/posture/likeness.h"
#include "netfilter/listen.h"
#include "netfilter/nft.h"
#include "netfilter/survey.h"
#include "netfilter/xtables.h"

#define ADVICE_CLOSE "close it with the firewall this host uses, for instance: %s"
#define ADVICE_DENY  "let a chain deny what no rule names; see them: nft list ruleset"
#define ADVICE_RULES "see them: nft -a list ruleset"
#define ADVICE_CHAIN "see it: nft -a list chain %s"
#define ADVICE_TABLE "see it: %s -t %s -nvL %s --line-numbers"

/* Of a family: is it closed by nf_tables, and whatever rules do that this does not show? */
struct closed {
	bool seen, surely;
};

/* What is open by nf_tables may be closed by what it does not show: then nobody knows. */
static enum grade family_grade(struct closed closed, unsigned tables)
{
	if (closed.seen)
		return closed.surely ? GRADE_PASS : GRADE_UNKNOWN;
	return tables & LEGACY_FILTER ? GRADE_UNKNOWN : GRADE_FAIL;
}

#define NO_IPV6	     "this host has no IPv6"
#define OPENING_TEXT 160

/* What follows "inbound is open": " by inet filter input, rule 4 (handle 12)". */
static const char *opening_text(const struct opening *o, char text[OPENING_TEXT])
{
	if (o->together)
		snprintf(text, OPENING_TEXT, " by several rules together");
	else if (!*o->chain)
		snprintf(text, OPENING_TEXT, ": no chain denies what no rule names");
	else if (!o->handle)
		snprintf(text, OPENING_TEXT, " by %s, rule %u", o->chain, o->rule);
	else
		snprintf(text, OPENING_TEXT, " by %s, rule %u (handle %llu)", o->chain, o->rule,
			 (unsigned long long)o->handle);
	return text;
}

/* A front end would lay its rules over those of others: it is named where there is nothing else. */
static void advise(const struct host *host, const struct survey *s, const struct opening *o,
		   char *todo, size_t room)
{
	const char *off = front_end_off(host);
	char tool[24], table[16], chain[32];

	if (xtables_is_named(o->chain) &&
	    sscanf(o->chain, "%23s %15s %31s", tool, table, chain) == 3)
		snprintf(todo, room, ADVICE_TABLE, tool, table, chain);
	else if (*o->chain)
		snprintf(todo, room, ADVICE_CHAIN, o->chain);
	else if (o->together)
		snprintf(todo, room, ADVICE_RULES);
	else if (s->rules && !off)
		snprintf(todo, room, ADVICE_DENY);
	else
		snprintf(todo, room, ADVICE_CLOSE, off ? off : "ufw enable");
}

static void tell_family(const struct host *host, const struct survey *s, char family,
			enum grade grade, struct finding *f)
{
	const struct opening *o = family == '4' ? &s->open4 : &s->open6;
	char probe[8], text[OPENING_TEXT], todo[sizeof(f->todo)];

	snprintf(probe, sizeof(probe), "IPv%c", family);
	switch (grade) {
	case GRADE_PASS:
		if (family == '6' && !*s->by6)
			finding_tell(f, probe, grade, NULL, NO_IPV6);
		else
			finding_tell(f, probe, grade, NULL, "inbound %s is closed by %.80s", probe,
				     family == '4' ? s->by4 : s->by6);
		break;
	case GRADE_FAIL:
		advise(host, s, o, todo, sizeof(todo));
		finding_tell(f, probe, grade, todo, "inbound %s is open%s", probe,
			     opening_text(o, text));
		break;
	case GRADE_UNKNOWN:
		finding_tell(f, probe, grade, ADVICE_LEGACY,
			     "inbound %s is %s but for rules of iptables-legacy, which cannot be "
			     "judged",
			     probe, (family == '4' ? s->closed4 : s->closed6) ? "closed" : "open");
		break;
	case GRADE_COUNT: break;
	}
}

/* Both of them in a sentence. */
static void tell_open(const struct survey *s, struct finding *f)
{
	char text4[OPENING_TEXT], text6[OPENING_TEXT];

	opening_text(&s->open4, text4);
	opening_text(&s->open6, text6);
	if (!strcmp(text4, text6))
		snprintf(f->what, sizeof(f->what), "inbound is open for IPv4 and IPv6%s", text4);
	else
		snprintf(f->what, sizeof(f->what), "inbound is open for IPv4%.80s, for IPv6%.80s",
			 text4, text6);
}

/* `doubting`: what is closed whatever the rules of `l` do, which were not read. */
static void tell_families(const struct host *host, const struct survey *s,
			  const struct survey *doubting, const struct legacy *l, struct finding *f)
{
	const enum grade ip4 = family_grade((struct closed){ s->closed4, doubting->closed4 },
					    l->ip4);
	const enum grade ip6 = family_grade((struct closed){ s->closed6, doubting->closed6 },
					    l->ip6);
	char text[OPENING_TEXT];

	tell_family(host, s, '4', ip4, f);
	tell_family(host, s, '6', ip6, f);
	if (ip4 == GRADE_FAIL && ip6 == GRADE_FAIL)
		tell_open(s, f);
	else if (ip4 == GRADE_FAIL && ip6 == GRADE_PASS)
		snprintf(f->what, sizeof(f->what),
			 *s->by6 ? "inbound IPv4 is open%.100s; IPv6 is closed by %.50s"
				 : "inbound IPv4 is open%.100s; " NO_IPV6,
			 opening_text(&s->open4, text), s->by6);
	else if (ip4 == GRADE_PASS && ip6 == GRADE_FAIL)
		snprintf(f->what, sizeof(f->what),
			 "inbound IPv6 is open%.100s; IPv4 is closed by %.50s",
			 opening_text(&s->open6, text), s->by4);
}

/* The ruleset is read once, for all that is asked of it. */
static int survey(const struct host *host, const struct legacy *l, struct survey_port *ports,
		  size_t n, struct survey *ret, struct fault *fault)
{
	struct kept_firewall *k = host->firewall;
	int r;

	host->nft->beside = l->rules;
	if (!k)
		return survey_ports(host->nft, ports, n, ret, fault);
	k->seen = false;
	k->now = (struct likeness){ 0 };
	r = survey_chains(host->nft, ports, n, ret, likeness_take, &k->now, fault);
	if (r == 0)
		r = likeness_end(&k->now);
	k->seen = r == 0;
	k->own = r == 0 && ret->without_baseline;
	return r;
}

/* Once more, as rules that were not read may send, mark or leave untracked what comes. */
static int doubt(const struct host *host, const struct legacy *l, struct survey *ret,
		 struct fault *fault)
{
	const unsigned all = l->ip4 | l->ip6;
	const struct survey_unseen unseen = { .nat4 = l->ip4 & LEGACY_NAT,
					      .nat6 = l->ip6 & LEGACY_NAT,
					      .marks = all & LEGACY_MANGLE,
					      .notrack = all & LEGACY_RAW };

	if (!(all & (LEGACY_NAT | LEGACY_MANGLE | LEGACY_RAW)))
		return 0;
	return survey_doubting(host->nft, &unseen, ret, fault);
}

static void tell_unseen(int err, const struct fault *fault, struct finding *f)
{
	f->moving = err == -EINTR;
	if (f->moving)
		finding_tell(f, "ruleset", GRADE_UNKNOWN, "see who changes it: nft monitor",
			     "the kernel's ruleset changes all the time and cannot be read");
	else
		finding_tell(f, "ruleset", GRADE_UNKNOWN, "see it: nft list ruleset",
			     "the kernel's ruleset cannot be judged: %.150s", fault->why);
}

static void look(const struct requirement *req, const struct host *host, struct finding *f)
{
	_free_ struct listeners *l = calloc(1, sizeof(*l));
	_free_ struct survey_port *ports = NULL;
	struct fault fault = { 0 }, deaf = { 0 };
	struct survey s = { 0 }, doubting;
	struct legacy legacy, unread = { 0 };
	size_t n = 0;
	int seen, r = l ? listen_read(l, &deaf) : fault_set(&deaf, -ENOMEM, "out of memory");

	if (r == 0 && exposed_ports(l, &ports, &n) < 0)
		r = fault_set(&deaf, -ENOMEM, "out of memory");
	legacy_look(host, &legacy);
	if (!legacy.rules)
		unread = legacy;
	/* Without a word of which there are, those that close may be. */
	if (!legacy.known) {
		unread.ip4 |= LEGACY_FILTER;
		unread.ip6 |= LEGACY_FILTER;
	}
	f->unread = unread.ip4 | unread.ip6;
	seen = survey(host, &legacy, ports, n, &s, &fault);
	doubting = s;
	if (seen == 0)
		seen = doubt(host, &unread, &doubting, &fault);
	host->nft->beside = NULL;
	if (host->firewall)
		host->firewall->seen &= !f->unread;
	if (seen < 0) {
		tell_unseen(seen, &fault, f);
		return;
	}
	tell_families(host, &s, &doubting, &unread, f);
	if (r == 0)
		tell_exposed(req, host, l, ports, n, f);
	else if (req->with.firewall.exposed.demanded)
		finding_tell(f, "exposed", GRADE_UNKNOWN, "modprobe tcp_diag udp_diag", "%s",
			     deaf.why);
	else
		finding_note(f, "exposed", GRADE_UNKNOWN, "%s", deaf.why);
	tell_forwards(req, &s, &unread, f);
	tell_likeness(req, host, &s, f);
	tell_front_ends(host, &s, &legacy, f);
	if (f->grade == GRADE_PASS)
		snprintf(f->what, sizeof(f->what),
			 *s.by6 ? "inbound is closed: IPv4 by %.80s, IPv6 by %.80s"
				: "inbound is closed: IPv4 by %.80s; " NO_IPV6,
			 s.by4, s.by6);
}

void look_firewall(const struct requirement *req, const struct host *host, struct finding *ret)
{
	struct finding f = { .grade = GRADE_PASS };

	if (host->nft)
		look(req, host, &f);
	else
		finding_tell(&f, "ruleset", GRADE_UNKNOWN,
			     "lazaretd needs CAP_NET_ADMIN and a kernel with nf_tables",
			     "the kernel's ruleset cannot be read");
	*ret = f;
}
