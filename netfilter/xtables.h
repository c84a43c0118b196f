/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of iptables-legacy: tables of the kernel's ip_tables and ip6_tables, which nf_tables
 * does not show.  They are told in the words of nf_tables, as iptables-nft would lay them: messages
 * of a dump (linux/netfilter/nf_tables.h), so that whoever reads dumps reads these.  Their tables
 * have names of their own.  No event tells of a change.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"

struct nlmsghdr;

/*
 * Made by the first one that lays a rule, and held by each; who lays more is not heard of, as only
 * root may watch it.
 */
#define XTABLES_LOCK "/run/xtables.lock"

#define XTABLES_MAX (16 * 1024 * 1024) /* bytes of a table, and of all that is told */

/* Messages, one behind the other; begins as { 0 }. */
struct xtables {
	uint8_t *bytes;
	size_t len, room;
};

/*
 * Reads a table, "filter" for instance, of NFPROTO_IPV4 or NFPROTO_IPV6 in this network namespace,
 * and adds it; what was added by a reading that fails is undone.  It is to be there: the kernel
 * makes one that is asked for (agent/posture/legacy.h knows which there are).
 * -EPERM without CAP_NET_ADMIN, -ENOPROTOOPT on a kernel without such tables, -EAGAIN when it
 * changed each time it was read, -EBADMSG for what is no table, -EFBIG, -ENOMEM.
 */
int xtables_read(uint8_t family, const char *table, struct xtables *to, struct fault *fault);

/*
 * Hands on each message of one kind (NFT_MSG_NEWCHAIN, NFT_MSG_NEWRULE) until one fails, whose
 * error is the result.  -EBADMSG when they are no messages.
 */
int xtables_each(const struct xtables *x, uint16_t type,
		 int (*each)(void *ctx, const struct nlmsghdr *h), void *ctx);

void xtables_free(struct xtables *x); /* what is in it */

/*
 * The name of such a table, "iptables-legacy filter": nf_tables is to have none of such a name, and
 * none is taken for one.  A chain's begins with it: "iptables-legacy filter INPUT".
 */
#define XTABLES_NAME4 "iptables-legacy "
#define XTABLES_NAME6 "ip6tables-legacy "
#define XTABLES_NAME  64
void xtables_name(uint8_t family, const char *table, char ret[XTABLES_NAME]);
bool xtables_is_named(const char *name);
