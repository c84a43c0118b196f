/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fingerprint of a firewall: what netfilter/imprint.h covers of the kernel's ruleset, chain by
 * chain, so that two of them can be compared and what differs be named.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"
#include "netfilter/survey.h"
#include "policy/like.h"

#define LIKENESS_CHAINS 256

struct likeness_chain {
	char name[96]; /* "ip filter INPUT" */
	uint32_t rules;
	uint8_t digest[LIKE_BYTES]; /* the first half of its SHA-256 */
};

struct likeness {
	size_t n;
	struct likeness_chain chains[LIKENESS_CHAINS]; /* all chains more than that are the last */
	uint8_t digest[LIKE_BYTES];		       /* of all of it: the fingerprint */
	char text[LIKE_TEXT];			       /* the same for people */
};

/* The one that is kept as good, and the one that the last look saw. */
struct kept_firewall {
	int64_t at;  /* when the good one was taken, seconds since 1970; 0: there is none */
	bool copied; /* its configuration is, too (agent/remedy/copies.h) */
	struct likeness good;
	bool seen;
	bool own; /* that one closes inbound, and not our baseline alone */
	struct likeness now;
};

/* A struct likeness of zeros takes all chains, for survey_chains(), and is then ended.  0 or -EIO.
 */
int likeness_take(void *likeness, const struct imprint_chain *c);
int likeness_end(struct likeness *l);

/*
 * What is different, the first of it: "ip filter INPUT has 12 rules, not 11; inet t c is new".
 * false: nothing is.
 */
bool likeness_differs(const struct likeness *now, const struct likeness *good, char *text,
		      size_t room);

/*
 * One that is good since then, as a text with a checksum; the caller frees it.  NULL: no memory.
 * And back: 0 and k->good, k->at, k->copied; or -EBADMSG for anything else, k being as it was.
 */
#define LIKENESS_TEXT_MAX (LIKENESS_CHAINS * 160 + 256)
char *likeness_write(const struct likeness *l, int64_t at, bool copied, size_t *len);
int likeness_read(const char *text, size_t len, struct kept_firewall *k);
