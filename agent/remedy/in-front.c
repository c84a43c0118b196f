// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/remedy/in-front.h"
#include "agent/remedy/known-good.h"
#include "netfilter/nft.h"
#include "netfilter/opening.h"
#include "netfilter/xtables.h"

#define CLEAR_MAX 16
#define LIMIT	  10 /* seconds */

/* ufw's share of the built-in chains. */
static const struct ufw_chains {
	const char *base;
	const char *lets; /* lets loopback and answers in */
	const char *own;  /* how the names of its own begin */
} ufw_chains[] = {
	{ "ip filter INPUT", "ufw-before-input", "ip filter ufw-" },
	{ "ip6 filter INPUT", "ufw6-before-input", "ip6 filter ufw6-" },
	{ XTABLES_NAME4 "filter INPUT", "ufw-before-input", XTABLES_NAME4 "filter ufw-" },
	{ XTABLES_NAME6 "filter INPUT", "ufw6-before-input", XTABLES_NAME6 "filter ufw6-" },
};

enum whose {
	WHOSE_NOBODY,  /* nothing is open */
	WHOSE_UFW,     /* or no one rule: for its files to mend */
	WHOSE_BESIDE,  /* to take away */
	WHOSE_FOREIGN, /* to leave as it is */
};

static void drop_nft(struct nft *nft)
{
	if (nft->fd >= 0)
		nft_close(nft);
}

static bool jumps_to(const struct opening_base *base, const char *chain)
{
	for (size_t i = 0; i < COUNT(base->jumps); i++)
		if (!strcmp(base->jumps[i], chain))
			return true;
	return false;
}

static enum whose whose(bool closed, const struct opening *o)
{
	if (closed)
		return WHOSE_NOBODY;
	if (!o->rule || o->together)
		return WHOSE_UFW;
	for (size_t i = 0; i < COUNT(ufw_chains); i++) {
		const struct ufw_chains *u = &ufw_chains[i];

		if (!strncmp(o->way, u->own, strlen(u->own)))
			return WHOSE_UFW;
		if (!strcmp(o->base.chain, u->base) && jumps_to(&o->base, u->lets))
			return WHOSE_BESIDE;
	}
	return WHOSE_FOREIGN;
}

#define RULE_TEXT 160

/* Rules of iptables-legacy have no handle. */
static const char *rule_text(const char *chain, uint32_t rule, uint64_t handle,
			     char text[RULE_TEXT])
{
	if (handle)
		snprintf(text, RULE_TEXT, "%s, rule %u (handle %llu)", chain, rule,
			 (unsigned long long)handle);
	else
		snprintf(text, RULE_TEXT, "%s, rule %u", chain, rule);
	return text;
}

static int leave(const struct opening *o, const char *why, struct fault *fault)
{
	char text[RULE_TEXT];

	return fault_set(fault, -EBUSY, "%s lets everything in, and %s",
			 rule_text(o->chain, o->rule, o->handle, text), why);
}

/* All who lay rules of iptables-legacy hold it meanwhile; -EBUSY when somebody does for long. */
static int lock_legacy(struct fault *fault)
{
	_close_ int fd = open(XTABLES_LOCK, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return fault_set(fault, -errno, XTABLES_LOCK ": %m");
	for (unsigned i = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; i++) {
		if (i == LIMIT * 10)
			return fault_set(fault, -EBUSY, XTABLES_LOCK " is held by somebody");
		step_sleep(100);
	}
	return take_fd(&fd);
}

static bool is_still(bool closed, const struct opening *is, const struct opening *was)
{
	return whose(closed, is) == WHOSE_BESIDE && is->base.rule == was->base.rule &&
	       !strcmp(is->base.chain, was->base.chain);
}

/*
 * A rule of iptables-legacy is named by its place, so the lock is ours while it is found there and
 * taken away; whoever takes it away is to use another one.  0 also when it is not there any more.
 */
static int close_legacy(struct nft *nft, const struct opening *o, struct report *report,
			struct fault *fault)
{
	const bool ip6 = !strncmp(o->base.chain, XTABLES_NAME6, strlen(XTABLES_NAME6));
	_close_ int lock = lock_legacy(fault);
	char table[32], chain[32], place[16];
	struct survey s;
	int r = lock < 0 ? lock : firewall_survey_by(nft, &s, NULL, NULL, fault);

	if (r < 0)
		return r;
	if (!is_still(s.closed4, &s.open4, o) && !is_still(s.closed6, &s.open6, o))
		return 0;
	if (sscanf(o->base.chain, "%*s %31s %31s", table, chain) != 2)
		return fault_set(fault, -EINVAL, "%s is no chain", o->base.chain);
	snprintf(place, sizeof(place), "%u", o->base.rule);
	return step_exec(STEP_ARGV("/usr/bin/env", "XTABLES_LOCKFILE=/dev/null",
				   ip6 ? "ip6tables-legacy" : "iptables-legacy", "-t", table, "-D",
				   chain, place),
			 LIMIT, report, fault);
}

static int take_away(struct nft *nft, const struct opening *o, struct report *report,
		     struct fault *fault)
{
	const struct opening_base *base = &o->base;
	struct fault own = { 0 };
	char text[RULE_TEXT];
	int r;

	report_line(report, "+ taking away what lets everything in: ",
		    rule_text(base->chain, base->rule, base->handle, text));
	if (xtables_is_named(base->chain)) {
		r = close_legacy(nft, o, report, &own);
		return r < 0 ? leave(o, own.why, fault) : 0;
	}
	r = opening_close(nft, o, &own);
	return r < 0 && r != -ENOENT ? leave(o, nft_why(r), fault) : 0;
}

/* NULL: there is none. */
static const struct opening *find(const struct survey *s, enum whose which)
{
	if (whose(s->closed4, &s->open4) == which)
		return &s->open4;
	return whose(s->closed6, &s->open6) == which ? &s->open6 : NULL;
}

int in_front_clear(struct report *report, struct fault *fault)
{
	_drop_(drop_nft) struct nft nft = { .fd = -1 };
	int r = nft_open(&nft, fault);

	for (unsigned n = 0; r == 0; n++) {
		const struct opening *beside, *foreign;
		struct survey s;

		r = firewall_survey_by(&nft, &s, NULL, NULL, fault);
		if (r < 0)
			return r;
		beside = find(&s, WHOSE_BESIDE);
		foreign = find(&s, WHOSE_FOREIGN);
		if (!beside)
			return foreign && !find(&s, WHOSE_UFW)
				       ? leave(foreign, "is not ufw's", fault)
				       : 0;
		r = n < CLEAR_MAX ? take_away(&nft, beside, report, fault)
				  : leave(beside, "comes back or is not the last", fault);
	}
	return r;
}
