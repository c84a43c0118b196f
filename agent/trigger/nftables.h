/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wakes on what others change in the ruleset (netfilter/watch.h). */
#pragma once

struct nft;
struct nftables;
struct sd_event;
struct watch;

struct nftables_handlers {
	/*
	 * Our tables, or what lies behind them: at once.  When it comes again and again, between
	 * two calls lie RESTORE_GAP_USEC and four times the processor time that the last one took,
	 * so that whoever fights costs a fifth of a processor at most and meets the drop again
	 * soon.
	 */
	void (*tampered)(void *ctx, const struct watch *seen);
	/*
	 * Rules of others changed: 200 ms after the last change, within a second of the first one,
	 * and at most once in a second.
	 */
	void (*foreign)(void *ctx);
};

#define RESTORE_GAP_USEC 2000ull

/* `own` is the socket whose changes are none; ctx and handlers outlive the result. */
int nftables_new(struct sd_event *loop, const struct nft *own,
		 const struct nftables_handlers *handlers, void *ctx, struct nftables **ret);
/* In foreign(), and before it comes: whose hands changed the rules of others since it came last. */
const struct watch *nftables_seen(const struct nftables *n);
struct nftables *nftables_free(struct nftables *n);
