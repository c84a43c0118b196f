/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a socket knows of the quarantine that it laid last, so that the next list is laid by the
 * difference alone: one address more or less costs the same, however long the list is.  It
 * is trusted only while nobody else can have changed the tables, and forgotten at any doubt.
 */
#pragma once

#include "agent/base/allow.h"
#include "netfilter/peers.h"

struct laid;
struct nft;

/*
 * Remembers (nft->laid) a list and its services, with a digest of the rules that go with it.
 * `before` is the ruleset's generation before it was laid.  Nothing is remembered, so that the
 * next list is laid whole, when nft->lays_once is set, when the list has `open` (those peers go by
 * themselves), when memory runs out, or when others changed the ruleset meanwhile.
 */
void laid_keep(struct nft *nft, const struct allow *allow, struct services services, uint64_t rules,
	       uint32_t before);
void laid_forget(struct nft *nft);

struct edit;

/*
 * Finds the difference between a list and what is laid; `allow` must outlive it.  -errno when
 * others may have changed the tables, or the list has to be laid whole for another reason (or is
 * no good: then laying it says why).
 */
int edit_begin(struct nft *nft, const struct allow *allow, struct edit **ret);
void edit_free(struct edit *e);
DEFINE_DROP(edit, edit_free)

/* As peers_present() and peers_services() of the new list. */
uint32_t edit_present(const struct edit *e);
struct services edit_services(const struct edit *e);

/*
 * Lays it, if its rules are the ones in force and all base chains are there: in one transaction,
 * or in none for an equal list.  -ESTALE when it has to be laid whole; then nothing
 * has changed, or it is not known.
 */
int edit_lay(struct nft *nft, const struct edit *e, uint64_t rules);
