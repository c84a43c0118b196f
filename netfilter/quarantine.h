/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The quarantine: a table of packets (family inet: in, out and forward, IPv4 and IPv6) and
 * one of frames (family netdev: each link but loopback, both ways), default drop, open
 * only to the peers of an allow-list.  Stateless, so that connections which existed before
 * are cut as well.
 */
#pragma once

#include "agent/base/allow.h"
#include "agent/base/err.h"

struct nft;

/*
 * Takes the host into quarantine, or replaces the allow-list of one that is there already: in
 * one transaction, so that no base chain is missing or open for a moment.  The table belongs to
 * whom nft->ownership says.
 *
 * 0, and nft tells what came of it: `lacks` that this kernel has no hooks at links
 * (CONFIG_NETFILTER_EGRESS), so only packets are held; `who` whether the list is open to the
 * repair services or to every program, and `everyone` why to all when the list says otherwise.
 * Or -errno with the kernel's refusal in words, and nothing has changed; -EPERM when another
 * socket owns the table.
 */
int quarantine_lay(struct nft *nft, const struct allow *allow, struct fault *fault);

/* Lifts it, in one transaction.  0 also when there was none. */
int quarantine_lift(struct nft *nft, struct fault *fault);

/*
 * After links came, went or changed their names: brings the chains of frames in line with
 * them, without a touch on the others.  1 when something was done, 0 when all was well or there
 * is no quarantine, or -errno.
 */
int quarantine_cover(struct nft *nft, struct fault *fault);

/* 1 when our tables with all of their base chains are in the kernel, 0 when not, or -errno. */
int quarantine_present(struct nft *nft, struct fault *fault);
