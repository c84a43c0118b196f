/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads what a dump of nf_tables says (linux/netfilter/nf_tables.h), straight from the bytes:
 * an object with parts that this program does not know is still read for the rest.
 */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>

/* Is there a whole message in what is left?  (libmnl's own takes lengths of 2 GiB and more.) */
static inline bool object_whole(const struct nlmsghdr *h, int left)
{
	return left >= (int)sizeof(*h) && h->nlmsg_len >= sizeof(*h) &&
	       h->nlmsg_len <= (uint32_t)left;
}

/* Names point into the message. */
struct table_seen {
	uint8_t family; /* NFPROTO_ */
	const char *name;
	uint32_t flags; /* NFT_TABLE_F_ */
};

struct chain_seen {
	uint8_t family;
	const char *table, *name;
	bool base;	  /* registered at a hook; the next five then tell where */
	const char *type; /* "filter", ... */
	uint32_t hook, policy;
	int32_t priority;
	const char *device; /* of a netdev chain, when it is at one; else NULL */
	uint32_t uses;	    /* rules in it and jumps to it */
};

struct rule_seen {
	uint8_t family;
	const char *table, *chain;
	uint64_t handle; /* of no other rule in the table, but for one that replaces it */
	const struct nlattr *terms; /* NFTA_RULE_EXPRESSIONS; NULL: none */
};

struct set_seen {
	uint8_t family;
	const char *table, *name;
	uint32_t flags; /* NFT_SET_ */
};

struct elements_seen {
	uint8_t family;
	const char *table, *set;
	const struct nlattr *elements; /* NFTA_SET_ELEM_LIST_ELEMENTS; NULL: none */
};

/* 0, or -EBADMSG when it is another kind of message or lacks what each such object has. */
int object_table(const struct nlmsghdr *h, struct table_seen *ret);
int object_chain(const struct nlmsghdr *h, struct chain_seen *ret);
int object_rule(const struct nlmsghdr *h, struct rule_seen *ret);
int object_set(const struct nlmsghdr *h, struct set_seen *ret);
int object_elements(const struct nlmsghdr *h, struct elements_seen *ret);

/*
 * Sorts the attributes among `first` by their type: out[type], NULL for what is absent;
 * higher types are passed over.  -EBADMSG when one runs over the end.
 */
int object_sort(const void *first, uint32_t bytes, const struct nlattr **out, unsigned max);
int object_sort_nested(const struct nlattr *nest, const struct nlattr **out, unsigned max);

/*
 * A term of a rule, an element of NFTA_RULE_EXPRESSIONS: its name, NULL when it has none, and its
 * attributes by their type as above, more than any kind of term has.  -EBADMSG when one of them
 * runs over the end.
 */
#define TERM_ATTRS 31
int object_term(const struct nlattr *term, const char **name,
		const struct nlattr *attrs[TERM_ATTRS + 1]);

/* Values, or what is given in their place when the attribute is absent or of another shape. */
const char *object_text(const struct nlattr *a); /* or NULL */
/* The bytes of a NFTA_DATA_VALUE in it, and how many; NULL and 0 when there are none. */
const uint8_t *object_data(const struct nlattr *nest, uint32_t *len);
uint32_t object_be32(const struct nlattr *a, uint32_t otherwise);
uint64_t object_be64(const struct nlattr *a, uint64_t otherwise);
