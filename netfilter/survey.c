// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/io.h"
#include "netfilter/ahead.h"
#include "netfilter/edges.h"
#include "netfilter/imprint.h"
#include "netfilter/links.h"
#include "netfilter/nft.h"
#include "netfilter/ruleset.h"
#include "netfilter/share.h"
#include "netfilter/survey.h"

#define ROUNDS_MAX 8 /* readings of the ruleset for ports that it tells apart */

#define TRIES	 16
#define PAUSE_MS 10
#define LIMIT_MS 300 /* of all but the second try, which comes whatever the first one took */

/* By marks rules forward, to ports by which others forward, of one family and then of the other. */
#define PASSES 6

/* Those of ports[] that asked[] are the numbers of. */
static int ask(struct nft *nft, struct ruleset *rs, struct survey_port *ports, const size_t *asked,
	       size_t n, struct survey *ret, struct fault *fault)
{
	struct survey_port own[RULESET_ASKED];
	int r;

	for (size_t i = 0; i < n; i++) {
		own[i] = ports[asked[i]];
		ruleset_ask(rs, &own[i]);
	}
	r = ruleset_read(rs, nft, fault);
	if (r < 0)
		return r;
	ruleset_judge(rs, own, n, ret);
	for (size_t i = 0; i < n; i++) {
		ports[asked[i]].open |= own[i].open;
		ports[asked[i]].untracked |= own[i].untracked;
	}
	return 0;
}

static bool is_like_last(const struct edges *e, const struct survey_port *ports, size_t i)
{
	return i && ports[i - 1].family == ports[i].family &&
	       ports[i - 1].protocol == ports[i].protocol &&
	       edges_alike(e, ports[i - 1].port, ports[i].port);
}

static int ask_again(struct nft *nft, const struct scope *scope, struct survey_port *ports,
		     const size_t *asked, size_t n, struct fault *fault)
{
	_drop_(drop_ruleset) struct ruleset *rs = ruleset_new(scope);
	struct survey same;

	return rs ? ask(nft, rs, ports, asked, n, &same, fault) : -ENOMEM;
}

/* From each run of ports that are alike the first one is asked about, and answers for all. */
static int ask_runs(struct nft *nft, const struct scope *scope, const struct edges *e,
		    struct survey_port *ports, size_t n, struct fault *fault)
{
	size_t asked[RULESET_ASKED], n_asked = 0, rounds = 0;
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		if (is_like_last(e, ports, i))
			continue;
		if (n_asked == RULESET_ASKED && ++rounds < ROUNDS_MAX) {
			r = ask_again(nft, scope, ports, asked, n_asked, fault);
			n_asked = 0;
		}
		if (n_asked < RULESET_ASKED)
			asked[n_asked++] = i;
		else
			ports[i].unknown = true;
	}
	if (r == 0 && n_asked)
		r = ask_again(nft, scope, ports, asked, n_asked, fault);
	for (size_t i = 0; i < n && r == 0; i++) {
		if (!is_like_last(e, ports, i))
			continue;
		ports[i].open |= ports[i - 1].open;
		ports[i].unknown |= ports[i - 1].unknown;
		ports[i].untracked |= ports[i - 1].untracked;
	}
	return r;
}

/* From everywhere to everywhere: an address and a port out of the middle of each of so many parts.
 */
#define PARTS 15
_Static_assert(4 * PARTS <= RULESET_ASKED, "two families, two protocols");

static void ask_part(struct ruleset *rs, uint8_t family, uint8_t protocol, unsigned part)
{
	/* Each port from another part of the addresses: no two of which go up together. */
	const uint32_t middle = 2 * (part * 4 % PARTS) + 1;
	const uint32_t first = family == NFPROTO_IPV4 ? 0 : 0x20000000; /* RFC 4291, 2.4 */
	const uint32_t all = family == NFPROTO_IPV4 ? 0xe0000000 : 0x20000000;
	const uint32_t lead = htonl(first + all / (2 * PARTS) * middle);
	const uint16_t port = (uint16_t)(65536 / (2 * PARTS) * (2 * part + 1));
	uint8_t source[16] = { 0 };

	memcpy(source, &lead, sizeof(lead));
	ruleset_ask_from(
		rs, &(struct survey_port){ .family = family, .protocol = protocol, .port = port },
		source);
}

/* Another answer to the same question; what was open before keeps its reason. */
static void add(struct survey *s, const struct survey *own)
{
	if (s->closed4)
		s->open4 = own->open4;
	if (s->closed6)
		s->open6 = own->open6;
	s->closed4 &= own->closed4;
	s->closed6 &= own->closed6;
	s->without4 &= own->without4;
	s->without6 &= own->without6;
	s->without_baseline = s->without4 && s->without6;
}

/* Rules that each name little may let in everybody together. */
static int ask_around(struct nft *nft, const struct scope *scope, struct survey *s,
		      struct fault *fault)
{
	struct survey own = { 0 };
	_drop_(drop_ruleset) struct ruleset *rs = ruleset_new(scope);
	int r;

	for (unsigned i = 0; rs && i < 4 * PARTS; i++)
		ask_part(rs, i & 1 ? NFPROTO_IPV4 : NFPROTO_IPV6, i & 2 ? IPPROTO_TCP : IPPROTO_UDP,
			 i / 4);
	r = rs ? ruleset_read(rs, nft, fault) : -ENOMEM;
	if (r < 0)
		return r;
	own.open4.together = ruleset_lets_most_in(rs, NFPROTO_IPV4, true);
	own.open6.together = ruleset_lets_most_in(rs, NFPROTO_IPV6, true);
	own.closed4 = !own.open4.together;
	own.closed6 = !own.open6.together;
	own.without4 = !ruleset_lets_most_in(rs, NFPROTO_IPV4, false);
	own.without6 = !ruleset_lets_most_in(rs, NFPROTO_IPV6, false);
	add(s, &own);
	return 0;
}

/* As one kind of packet meets it: all questions to the ruleset that `rs` is to hold. */
static int answer(struct nft *nft, struct ruleset *rs, const struct scope *scope,
		  struct survey_port *ports, size_t n, struct survey *ret, struct fault *fault)
{
	_free_ struct edges *edges = n > RULESET_ASKED ? calloc(1, sizeof(*edges)) : NULL;
	size_t all[RULESET_ASKED];
	int r;

	for (size_t i = 0; i < RULESET_ASKED; i++)
		all[i] = i;
	if (n > RULESET_ASKED && !edges)
		return -ENOMEM;
	ruleset_note(rs, edges);
	r = ask(nft, rs, ports, all, edges ? 0 : n, ret, fault);
	if (r == 0 && edges)
		r = ask_runs(nft, scope, edges, ports, n, fault);
	if (r == 0 && ruleset_adds_up(rs))
		r = ask_around(nft, scope, ret, fault);
	return r;
}

/* Those of ports[] that conntrack passes over; how many. */
static size_t pick_untracked(const struct survey_port *ports, size_t n, struct survey_port *ret)
{
	size_t m = 0;

	for (size_t i = 0; i < n; i++)
		if (ports[i].untracked)
			ret[m++] = ports[i];
	return m;
}

static void put_back(struct survey_port *ports, size_t n, const struct survey_port *picked)
{
	for (size_t i = 0; i < n; i++)
		if (ports[i].untracked)
			ports[i] = *picked++;
}

/*
 * What conntrack passes over meets other rules, and may get in where a new connection would not:
 * *s when most of what comes in is such (else NULL), and the ports to which such comes.
 */
static int answer_untracked(struct nft *nft, const struct scope *tracked, struct survey_port *ports,
			    size_t n, struct survey *s, struct fault *fault)
{
	const struct scope scope = { true, tracked->links, tracked->ahead };
	_drop_(drop_ruleset) struct ruleset *rs = ruleset_new(&scope);
	_free_ struct survey_port *picked = calloc(n + 1, sizeof(*picked));
	size_t n_picked = picked ? pick_untracked(ports, n, picked) : 0;
	struct survey own;
	int r;

	if (!rs || !picked)
		return -ENOMEM;
	if (!s && !n_picked)
		return 0;
	r = answer(nft, rs, &scope, picked, n_picked, &own, fault);
	if (r < 0)
		return r;
	put_back(ports, n, picked);
	if (s)
		add(s, &own);
	return 0;
}

/* The ruleset as it is now, and whether it stayed so. */
static int look(struct nft *nft, const struct scope *scope, struct survey_port *ports, size_t n,
		struct survey *ret, survey_chain each, void *ctx, struct fault *fault)
{
	_drop_(drop_ruleset) struct ruleset *rs = ruleset_new(scope);
	uint32_t before = 0, after = 0;
	int r = rs ? nft_generation(nft, &before, fault) : -ENOMEM;

	if (r == 0 && scope->ahead->hardware)
		r = gateways_read(&scope->ahead->gateways, fault);
	for (size_t i = 0; i < n; i++)
		ports[i].open = ports[i].unknown = ports[i].untracked = false;
	if (r == 0 && each)
		r = ruleset_imprint(rs);
	if (r == 0)
		r = answer(nft, rs, scope, ports, n, ret, fault);
	if (r == 0)
		r = answer_untracked(nft, scope, ports, n,
				     scope->ahead->untracked || ruleset_untracks(rs) ? ret : NULL,
				     fault);
	if (r == 0)
		r = nft_generation(nft, &after, fault);
	if (r == 0 && before != after)
		r = -EINTR;
	if (r == 0 && each)
		r = imprint_tell(rs, each, ctx);
	if (r < 0)
		return fault_set(fault, r, "cannot read the ruleset: %s", nft_why(r));
	if (!ret->closed4)
		*ret->by4 = '\0';
	if (!ret->closed6)
		*ret->by6 = '\0';
	return 0;
}

/* Is it by its name one that strangers do not come by?  Loopback itself is none of the links. */
static bool seems_inner(const struct link *l)
{
	return !strcmp(l->name, "lo") || share_is_inner((const uint8_t *)l->name, strlen(l->name));
}

/* Links with such names, be they what these say or the way to the world all the same. */
static int read_inner(struct links *ret, struct fault *fault)
{
	int r = links_read(ret, fault);
	size_t n = 0;

	for (size_t i = 0; r == 0 && i < ret->n; i++) {
		if (seems_inner(&ret->list[i]))
			ret->list[n++] = ret->list[i];
	}
	ret->n = n;
	return r;
}

/* What was learnt is kept from pass to pass; of a ruleset that stays there is soon no more. */
static int look_learning(struct nft *nft, const struct scope *scope, struct survey_port *ports,
			 size_t n, struct survey *ret, survey_chain each, void *ctx,
			 struct fault *fault)
{
	int r = -EAGAIN;

	for (unsigned i = 0; i < PASSES && r == -EAGAIN; i++) {
		*fault = (struct fault){ 0 };
		r = look(nft, scope, ports, n, ret, each, ctx, fault);
	}
	return r == -EAGAIN ? fault_set(fault, -EINTR, "%s", nft_why(-EINTR)) : r;
}

/* Whoever adds rules one by one leaves time between them. */
static int look_until_still(struct nft *nft, const struct scope *scope, struct survey_port *ports,
			    size_t n, struct survey *ret, survey_chain each, void *ctx,
			    struct fault *fault)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000 };
	const uint64_t end = io_boot_ms() + LIMIT_MS;
	struct fault last = { 0 };
	int r = look_learning(nft, scope, ports, n, ret, each, ctx, &last);

	for (unsigned i = 1; r < 0 && i < TRIES; i++) {
		if (i > 1 && (r != -EINTR || io_boot_ms() >= end))
			break;
		nanosleep(&pause, NULL);
		r = look_learning(nft, scope, ports, n, ret, each, ctx, &last);
	}
	return r < 0 ? fault_set(fault, r, "%s", last.why) : 0;
}

static void leave_out_ipv6(struct survey_port *ports, size_t n, struct survey *s)
{
	s->closed6 = true;
	s->open6 = (struct opening){ 0 };
	s->without_baseline = s->without4;
	for (size_t i = 0; i < n; i++)
		if (ports[i].family == NFPROTO_IPV6)
			ports[i].open = ports[i].unknown = false;
}

static int survey(struct nft *nft, const struct survey_unseen *unseen, struct survey_port *ports,
		  size_t n, struct survey *ret, survey_chain each, void *ctx, struct fault *fault)
{
	_drop_(links_free) struct links links = { 0 };
	struct ahead ahead = { 0 };
	const struct scope scope = { .links = &links, .ahead = &ahead };
	int r = read_inner(&links, fault);

	ahead_doubt(&ahead, unseen);
	if (r == 0)
		r = addresses_read(&ahead.own, fault);
	if (r == 0)
		r = look_until_still(nft, &scope, ports, n, ret, each, ctx, fault);
	if (r == 0 && !links.ipv6)
		leave_out_ipv6(ports, n, ret);
	addresses_free(&ahead.own);
	return r;
}

int survey_chains(struct nft *nft, struct survey_port *ports, size_t n, struct survey *ret,
		  survey_chain each, void *ctx, struct fault *fault)
{
	return survey(nft, &(struct survey_unseen){ 0 }, ports, n, ret, each, ctx, fault);
}

int survey_doubting(struct nft *nft, const struct survey_unseen *unseen, struct survey *ret,
		    struct fault *fault)
{
	return survey(nft, unseen, NULL, 0, ret, NULL, NULL, fault);
}

int survey_ports(struct nft *nft, struct survey_port *ports, size_t n, struct survey *ret,
		 struct fault *fault)
{
	return survey_chains(nft, ports, n, ret, NULL, NULL, fault);
}

int survey_inbound(struct nft *nft, struct survey *ret, struct fault *fault)
{
	return survey_ports(nft, NULL, 0, ret, fault);
}
