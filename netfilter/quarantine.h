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
 * The table belongs to whom nft->ownership says; one that another socket owns is -EPERM.
 * Takes the host into quarantine in one transaction, or replaces the allow-list of
 * a quarantine that is already there, without a moment in which a base chain is missing
 * or open.  0, or -errno with the kernel's refusal in words; then nothing has changed.
 * On a kernel without hooks at links (CONFIG_NETFILTER_EGRESS) only packets are held, and
 * nft->plain says so.  The list is open to the repair services or to every program: nft->who is
 * which, nft->everyone why when the host cannot do what the list says.
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
