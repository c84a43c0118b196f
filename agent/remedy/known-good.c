// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/io.h"
#include "agent/posture/legacy.h"
#include "agent/remedy/demand.h"
#include "agent/remedy/known-good.h"
#include "netfilter/nft.h"
#include "netfilter/xtables.h"

#define FINGERPRINT "/var/lib/lazaret/agent/firewall"
#define COPIES	    COPIES_FOLDER "/" COPIES_FILE

DEFINE_DROP(policy, policy_free)

static void drop_nft(struct nft *nft)
{
	if (nft->fd >= 0)
		nft_close(nft);
}

static void tell(struct report *report, const char *file, int err)
{
	if (err == -ENOENT)
		return;
	report_line(report, "  cannot be read, and is not used: ", file);
}

/* lazaretd's file: it can mislead this remedy to put root's own copies back, and to no more. */
static void read_fingerprint(struct known_good *g, struct report *report)
{
	_free_ char *text = NULL;
	size_t len;
	int r = io_read(AT_FDCWD, FINGERPRINT, LIKENESS_TEXT_MAX, &text, &len);

	if (r == 0)
		r = likeness_read(text, len, &g->firewall);
	if (r < 0)
		tell(report, FINGERPRINT, r);
}

static void read_copies(struct known_good *g, struct report *report)
{
	size_t len;
	int r = io_read(AT_FDCWD, COPIES, COPIES_MAX, &g->text, &len);

	if (r == 0)
		r = copies_parse(g->text, len, &g->copies);
	if (r < 0)
		tell(report, COPIES, r);
}

static void read_demand(struct known_good *g)
{
	_drop_(drop_policy) struct policy *p = NULL;

	if (demand_policy(&p, NULL) < 0)
		return;
	for (size_t i = 0; i < p->n_requirements && !like_demanded(&g->like); i++)
		if (p->requirements[i].check == CHECK_FIREWALL)
			g->like = p->requirements[i].with.firewall.like;
}

struct known_good *known_good_read(struct report *report)
{
	struct known_good *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	read_fingerprint(g, report);
	read_copies(g, report);
	read_demand(g);
	return g;
}

void known_good_free(struct known_good *g)
{
	free(g->text);
	if (g->copies)
		copies_free(g->copies);
	free(g);
}

bool known_good_has(const struct known_good *g, const char *chain)
{
	for (size_t i = 0; g->firewall.at && i < g->firewall.good.n; i++)
		if (!strncmp(g->firewall.good.chains[i].name, chain, strlen(chain)))
			return true;
	return false;
}

static bool is_demanded(const struct known_good *g)
{
	const struct kept_firewall *f = &g->firewall;

	return !like_demanded(&g->like) || like_names(&g->like, f->now.digest) ||
	       (g->like.last_good &&
		(!f->at || !memcmp(f->now.digest, f->good.digest, LIKE_BYTES)));
}

int firewall_survey_by(struct nft *nft, struct survey *ret, survey_chain each, void *ctx,
		       struct fault *fault)
{
	_drop_(xtables_free) struct xtables rules = { 0 };
	struct legacy l;
	struct fault quiet = { 0 };
	int r;

	/* Rules that nobody can read close nothing; lazaretd tells of them. */
	if (legacy_read_own(&l) == 0 && legacy_gather(&l, &rules, &quiet) == 0)
		nft->beside = &rules;
	r = survey_chains(nft, NULL, 0, ret, each, ctx, fault);
	nft->beside = NULL;
	return r;
}

int firewall_survey(struct survey *ret, struct fault *fault)
{
	_drop_(drop_nft) struct nft nft = { .fd = -1 };
	int r = nft_open(&nft, fault);

	return r < 0 ? r : firewall_survey_by(&nft, ret, NULL, NULL, fault);
}

int known_good_is_met(struct known_good *g, struct fault *fault)
{
	_drop_(drop_nft) struct nft nft = { .fd = -1 };
	struct survey s;
	int r = nft_open(&nft, fault);

	g->firewall.now = (struct likeness){ 0 };
	if (r == 0)
		r = firewall_survey_by(&nft, &s, likeness_take, &g->firewall.now, fault);
	if (r == 0)
		r = likeness_end(&g->firewall.now);
	return r < 0 ? r : s.without_baseline && is_demanded(g);
}
