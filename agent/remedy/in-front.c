// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/remedy/in-front.h"
#include "netfilter/nft.h"
#include "netfilter/opening.h"
#include "netfilter/survey.h"

#define CLEAR_MAX 16

/* ufw's share of the built-in chains. */
static const struct ufw_chains {
	const char *base;
	const char *lets; /* lets loopback and answers in */
	const char *own;  /* how the names of its own begin */
} ufw_chains[] = {
	{ "ip filter INPUT", "ufw-before-input", "ip filter ufw-" },
	{ "ip6 filter INPUT", "ufw6-before-input", "ip6 filter ufw6-" },
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

static int leave(const struct opening *o, const char *why, struct fault *fault)
{
	return fault_set(fault, -EBUSY, "%s, rule %u (handle %llu) lets everything in, and %s",
			 o->chain, o->rule, (unsigned long long)o->handle, why);
}

static int take_away(struct nft *nft, const struct opening *o, struct report *report,
		     struct fault *fault)
{
	char text[sizeof(o->base.chain) + 60];
	struct fault own = { 0 };
	int r;

	snprintf(text, sizeof(text), "%s, rule %u (handle %llu)", o->base.chain, o->base.rule,
		 (unsigned long long)o->base.handle);
	report_line(report, "+ taking away what lets everything in: ", text);
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

		r = survey_inbound(&nft, &s, fault);
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
