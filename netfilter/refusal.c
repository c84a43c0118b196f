// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "netfilter/nft.h"
#include "netfilter/object.h"
#include "netfilter/refusal.h"

#define ERRNO_MAX 4095 /* the kernel's own bound */

static const struct kind {
	uint8_t type;
	const char *word;
	uint16_t name;	  /* the attribute that names the object */
	const char *part; /* what several messages in a row add to it */
} kinds[] = {
	{ NFT_MSG_NEWTABLE, "table", NFTA_TABLE_NAME, NULL },
	{ NFT_MSG_DELTABLE, "deleting table", NFTA_TABLE_NAME, NULL },
	{ NFT_MSG_NEWCHAIN, "chain", NFTA_CHAIN_NAME, NULL },
	{ NFT_MSG_DELCHAIN, "deleting chain", NFTA_CHAIN_NAME, NULL },
	{ NFT_MSG_NEWSET, "set", NFTA_SET_NAME, NULL },
	{ NFT_MSG_DELSET, "deleting set", NFTA_SET_NAME, NULL },
	{ NFT_MSG_NEWSETELEM, "set", NFTA_SET_ELEM_LIST_SET, "element" },
	{ NFT_MSG_DELSETELEM, "deleting from set", NFTA_SET_ELEM_LIST_SET, "element" },
	{ NFT_MSG_NEWRULE, "chain", NFTA_RULE_CHAIN, "rule" },
	{ NFT_MSG_DELRULE, "flushing the rules of", NFTA_RULE_TABLE, NULL },
};

static const struct kind *kind_of(const struct nlmsghdr *h)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (h->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | kinds[i].type))
			return &kinds[i];
	}
	return NULL;
}

static const struct nlattr *find(const struct nlmsghdr *h, uint16_t type)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(a) == type)
			return a;
	}
	return NULL;
}

static const char *name_of(const struct nlmsghdr *h, const struct kind *k)
{
	const struct nlattr *a = find(h, k->name);

	return a ? mnl_attr_get_str(a) : "";
}

void refusal_read(const struct nlmsghdr *answer, uint32_t at, struct refusal *ret)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(answer);
	const struct nlattr *a;
	size_t skip = sizeof(*e);

	*ret = (struct refusal){ .err = -EBADMSG, .at = at };
	if (mnl_nlmsg_get_payload_len(answer) < sizeof(*e) || e->error > 0 || e->error < -ERRNO_MAX)
		return;
	ret->err = e->error;
	if (!(answer->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(answer->nlmsg_flags & NLM_F_CAPPED)) {
		if (e->msg.nlmsg_len < MNL_NLMSG_HDRLEN ||
		    e->msg.nlmsg_len > mnl_nlmsg_get_payload_len(answer))
			return;
		skip += MNL_ALIGN(e->msg.nlmsg_len) - MNL_NLMSG_HDRLEN;
	}
	mnl_attr_for_each(a, answer, skip)
	{
		if (mnl_attr_get_type(a) == NLMSGERR_ATTR_OFFS &&
		    mnl_attr_validate(a, MNL_TYPE_U32) == 0)
			ret->offset = mnl_attr_get_u32(a);
		if (mnl_attr_get_type(a) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(a, MNL_TYPE_NUL_STRING) == 0)
			snprintf(ret->words, sizeof(ret->words), "%s", mnl_attr_get_str(a));
	}
}

/* How many elements a message has up to an offset in it; all of them for offset 0. */
static unsigned elements_before(const struct nlmsghdr *h, uint32_t offset)
{
	const struct nlattr *list = find(h, NFTA_SET_ELEM_LIST_ELEMENTS), *a;
	unsigned n = 0;

	if (!list)
		return 0;
	mnl_attr_for_each_nested(a, list)
	{
		if (offset && (size_t)((const char *)a - (const char *)h) > offset)
			break;
		n++;
	}
	return n;
}

static bool is_list(const struct kind *k)
{
	return k->type == NFT_MSG_NEWSETELEM || k->type == NFT_MSG_DELSETELEM;
}

static unsigned parts(const struct nlmsghdr *h, const struct kind *k, uint32_t offset)
{
	return is_list(k) ? elements_before(h, offset) : 1;
}

int refusal_tell(const struct refusal *r, const void *batch, size_t len, struct fault *fault)
{
	const char *why = nft_why(r->err), *sep = r->words[0] ? ": " : "";
	const struct nlmsghdr *h = batch, *bad = batch;
	const struct kind *k;
	int left = batch ? (int)len : 0;
	unsigned part = 0;

	for (uint32_t i = 0; i < r->at && object_whole(bad, left); i++)
		bad = mnl_nlmsg_next(bad, &left);
	k = object_whole(bad, left) ? kind_of(bad) : NULL;
	if (!k)
		return fault_set(fault, r->err, "the kernel refuses the change: %s%s%s", why, sep,
				 r->words);
	if (!k->part || (is_list(k) && !r->offset))
		return fault_set(fault, r->err, "%s %s: %s%s%s", k->word, name_of(bad, k), why, sep,
				 r->words);
	/* Elements and rules are counted over all messages for the same set or chain. */
	for (left = (int)len; h != bad; h = mnl_nlmsg_next(h, &left)) {
		if (kind_of(h) == k && !strcmp(name_of(h, k), name_of(bad, k)))
			part += parts(h, k, 0);
	}
	part += parts(bad, k, r->offset);
	return fault_set(fault, r->err, "%s %s: %s %u: %s%s%s", k->word, name_of(bad, k), k->part,
			 part, why, sep, r->words);
}
