// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/remedy/in-front.h"
#include "netfilter/nft.h"
#include "netfilter/opening.h"
#include "netfilter/survey.h"

#define CLEAR_MAX 16

static void drop_nft(struct nft *nft)
{
	if (nft->fd >= 0)
		nft_close(nft);
}

static bool is_foreign(const struct opening *o, const char *const own[])
{
	if (!o->rule || o->together)
		return false;
	for (; *own; own++)
		if (!strncmp(o->way, *own, strlen(*own)))
			return false;
	return true;
}

/* The next one of them; NULL: there is none. */
static const struct opening *next(const struct survey *s, const char *const own[])
{
	if (is_foreign(&s->open4, own))
		return &s->open4;
	return is_foreign(&s->open6, own) ? &s->open6 : NULL;
}

static int clear(struct nft *nft, const struct opening *o, struct report *report,
		 struct fault *fault)
{
	char text[sizeof(o->chain) + 60];
	struct fault own = { 0 };
	int r;

	snprintf(text, sizeof(text), "%s, rule %u (handle %llu)", o->chain, o->rule,
		 (unsigned long long)o->handle);
	report_line(report, "+ taking away what lets everything in: ", text);
	r = opening_close(nft, o, &own);
	return r < 0 && r != -ENOENT
		       ? fault_set(fault, -EBUSY, "%s lets everything in: %s", text, nft_why(r))
		       : 0;
}

int in_front_clear(const char *const own[], struct report *report, struct fault *fault)
{
	_drop_(drop_nft) struct nft nft = { .fd = -1 };
	const struct opening *o = NULL;
	struct survey s;
	int r = nft_open(&nft, fault);

	for (unsigned n = 0; r == 0 && n < CLEAR_MAX; n++) {
		r = survey_inbound(&nft, &s, fault);
		o = r == 0 ? next(&s, own) : NULL;
		if (!o)
			return r;
		r = clear(&nft, o, report, fault);
	}
	return r < 0 ? r
		     : fault_set(fault, -EBUSY,
				 "%s lets everything in, and comes back or is not the last",
				 o->chain);
}
