// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "netfilter/object.h"

int object_sort(const void *first, uint32_t bytes, const struct nlattr **out, unsigned max)
{
	const struct nlattr *a = first;
	const char *end = (const char *)first + bytes;

	memset(out, 0, (max + 1) * sizeof(*out));
	for (; mnl_attr_ok(a, (int)(end - (const char *)a)); a = mnl_attr_next(a)) {
		if (mnl_attr_get_type(a) <= max)
			out[mnl_attr_get_type(a)] = a;
	}
	return (const char *)a < end ? -EBADMSG : 0;
}

int object_sort_nested(const struct nlattr *nest, const struct nlattr **out, unsigned max)
{
	return object_sort(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest), out, max);
}

const char *object_text(const struct nlattr *a)
{
	return a && mnl_attr_validate(a, MNL_TYPE_NUL_STRING) == 0 ? mnl_attr_get_str(a) : NULL;
}

int object_term(const struct nlattr *term, const char **name,
		const struct nlattr *attrs[TERM_ATTRS + 1])
{
	const struct nlattr *e[NFTA_EXPR_MAX + 1];
	int r = object_sort_nested(term, e, NFTA_EXPR_MAX);

	if (r < 0)
		return r;
	*name = object_text(e[NFTA_EXPR_NAME]);
	if (e[NFTA_EXPR_DATA])
		return object_sort_nested(e[NFTA_EXPR_DATA], attrs, TERM_ATTRS);
	memset(attrs, 0, (TERM_ATTRS + 1) * sizeof(*attrs));
	return 0;
}

uint32_t object_be32(const struct nlattr *a, uint32_t otherwise)
{
	return a && mnl_attr_validate(a, MNL_TYPE_U32) == 0 ? ntohl(mnl_attr_get_u32(a))
							    : otherwise;
}

const uint8_t *object_data(const struct nlattr *nest, uint32_t *len)
{
	const struct nlattr *a[NFTA_DATA_MAX + 1];

	*len = 0;
	if (!nest || object_sort_nested(nest, a, NFTA_DATA_MAX) < 0 || !a[NFTA_DATA_VALUE])
		return NULL;
	*len = mnl_attr_get_payload_len(a[NFTA_DATA_VALUE]);
	return mnl_attr_get_payload(a[NFTA_DATA_VALUE]);
}

uint64_t object_be64(const struct nlattr *a, uint64_t otherwise)
{
	return a && mnl_attr_validate(a, MNL_TYPE_U64) == 0 ? be64toh(mnl_attr_get_u64(a))
							    : otherwise;
}

static int open_object(const struct nlmsghdr *h, uint16_t type, uint8_t *family,
		       const struct nlattr **out, unsigned max)
{
	const uint32_t head = MNL_ALIGN(sizeof(struct nfgenmsg));
	const struct nfgenmsg *g = mnl_nlmsg_get_payload(h);

	if (h->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | type) ||
	    mnl_nlmsg_get_payload_len(h) < head)
		return -EBADMSG;
	*family = g->nfgen_family;
	return object_sort((const char *)g + head, (uint32_t)mnl_nlmsg_get_payload_len(h) - head,
			   out, max);
}

int object_table(const struct nlmsghdr *h, struct table_seen *ret)
{
	const struct nlattr *a[NFTA_TABLE_MAX + 1];
	struct table_seen t;
	int r = open_object(h, NFT_MSG_NEWTABLE, &t.family, a, NFTA_TABLE_MAX);

	if (r < 0)
		return r;
	t.name = object_text(a[NFTA_TABLE_NAME]);
	t.flags = object_be32(a[NFTA_TABLE_FLAGS], 0);
	if (!t.name)
		return -EBADMSG;
	*ret = t;
	return 0;
}

static int read_hook(const struct nlattr *nest, struct chain_seen *c)
{
	const struct nlattr *a[NFTA_HOOK_MAX + 1];

	if (object_sort_nested(nest, a, NFTA_HOOK_MAX) < 0 || !a[NFTA_HOOK_HOOKNUM])
		return -EBADMSG;
	c->base = true;
	c->hook = object_be32(a[NFTA_HOOK_HOOKNUM], 0);
	c->priority = (int32_t)object_be32(a[NFTA_HOOK_PRIORITY], 0);
	c->device = object_text(a[NFTA_HOOK_DEV]);
	return 0;
}

int object_chain(const struct nlmsghdr *h, struct chain_seen *ret)
{
	const struct nlattr *a[NFTA_CHAIN_MAX + 1];
	struct chain_seen c = { .policy = NF_ACCEPT };
	int r = open_object(h, NFT_MSG_NEWCHAIN, &c.family, a, NFTA_CHAIN_MAX);

	if (r < 0)
		return r;
	c.table = object_text(a[NFTA_CHAIN_TABLE]);
	c.name = object_text(a[NFTA_CHAIN_NAME]);
	c.type = object_text(a[NFTA_CHAIN_TYPE]);
	c.policy = object_be32(a[NFTA_CHAIN_POLICY], NF_ACCEPT);
	c.uses = object_be32(a[NFTA_CHAIN_USE], 0);
	if (!c.table || !c.name || (a[NFTA_CHAIN_HOOK] && !c.type))
		return -EBADMSG;
	r = a[NFTA_CHAIN_HOOK] ? read_hook(a[NFTA_CHAIN_HOOK], &c) : 0;
	if (r == 0)
		*ret = c;
	return r;
}

int object_rule(const struct nlmsghdr *h, struct rule_seen *ret)
{
	const struct nlattr *a[NFTA_RULE_MAX + 1];
	struct rule_seen s;
	int r = open_object(h, NFT_MSG_NEWRULE, &s.family, a, NFTA_RULE_MAX);

	if (r < 0)
		return r;
	s.table = object_text(a[NFTA_RULE_TABLE]);
	s.chain = object_text(a[NFTA_RULE_CHAIN]);
	s.handle = object_be64(a[NFTA_RULE_HANDLE], 0);
	s.terms = a[NFTA_RULE_EXPRESSIONS];
	if (!s.table || !s.chain)
		return -EBADMSG;
	*ret = s;
	return 0;
}

int object_set(const struct nlmsghdr *h, struct set_seen *ret)
{
	const struct nlattr *a[NFTA_SET_MAX + 1];
	struct set_seen s;
	int r = open_object(h, NFT_MSG_NEWSET, &s.family, a, NFTA_SET_MAX);

	if (r < 0)
		return r;
	s.table = object_text(a[NFTA_SET_TABLE]);
	s.name = object_text(a[NFTA_SET_NAME]);
	s.flags = object_be32(a[NFTA_SET_FLAGS], 0);
	if (!s.table || !s.name)
		return -EBADMSG;
	*ret = s;
	return 0;
}

int object_elements(const struct nlmsghdr *h, struct elements_seen *ret)
{
	const struct nlattr *a[NFTA_SET_ELEM_LIST_MAX + 1];
	struct elements_seen s;
	int r = open_object(h, NFT_MSG_NEWSETELEM, &s.family, a, NFTA_SET_ELEM_LIST_MAX);

	if (r < 0)
		return r;
	s.table = object_text(a[NFTA_SET_ELEM_LIST_TABLE]);
	s.set = object_text(a[NFTA_SET_ELEM_LIST_SET]);
	s.elements = a[NFTA_SET_ELEM_LIST_ELEMENTS];
	if (!s.table || !s.set)
		return -EBADMSG;
	*ret = s;
	return 0;
}
