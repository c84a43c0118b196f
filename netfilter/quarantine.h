/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The quarantine: one inet table, default drop in, out and forward, both families,
 * open only to the peers of an allow-list.  Stateless, so that connections which
 * existed before are cut as well.
 */
#pragma once

#include "agent/base/allow.h"
#include "agent/base/err.h"

struct nft;

/*
 * The table belongs to whom nft->ownership says; one that another socket owns is -EPERM.
 * Takes the host into quarantine in one transaction, or replaces the allow-list of
 * a quarantine that is already there, without a moment in which a base chain is missing
 * or open.  0, or -errno with the kernel's refusal in words; then nothing has changed.
 */
int quarantine_lay(struct nft *nft, const struct allow *allow, struct fault *fault);

/* Lifts it, in one transaction.  0 also when there was none. */
int quarantine_lift(struct nft *nft, struct fault *fault);

/* 1 when our table with all of its base chains is in the kernel, 0 when not, or -errno. */
int quarantine_present(struct nft *nft, struct fault *fault);
