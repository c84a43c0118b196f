// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "agent/base/count.h"
#include "tests/bench/limit-quarantine.h"

#define TABLE	   "limit"
#define SET	   "s"
#define ADDRESS	   7	/* nft(8)'s ipv4_addr; the kernel only keeps it */
#define A_MESSAGE  3000 /* elements: an attribute has at most 64 KiB */
#define ELEMENT	   16
#define OTHERS	   4096 /* bytes, of all that is no element */
#define OPERATIONS 4	/* that are answered, on each of both tables */

struct words {
	char *at;
	uint32_t seq;
};

static struct nlmsghdr *begin(struct words *w, uint16_t type, uint8_t family, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(w->at);
	struct nfgenmsg *g;

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = w->seq++;
	g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	*g = (struct nfgenmsg){ .nfgen_family = family };
	if (type == NFNL_MSG_BATCH_BEGIN || type == NFNL_MSG_BATCH_END)
		g->res_id = htons(NFNL_SUBSYS_NFTABLES);
	return h;
}

static void end(struct words *w, const struct nlmsghdr *h)
{
	w->at += NLMSG_ALIGN(h->nlmsg_len);
}

static struct nlmsghdr *ask(struct words *w, unsigned type, uint8_t family, uint16_t flags)
{
	return begin(w, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), family, flags);
}

static void put_table(struct words *w, uint8_t family)
{
	static const unsigned types[] = { NFT_MSG_NEWTABLE, NFT_MSG_DELTABLE, NFT_MSG_NEWTABLE };

	/* There is one to delete, whether there was or not. */
	for (size_t i = 0; i < COUNT(types); i++) {
		struct nlmsghdr *h = ask(w, types[i], family, NLM_F_CREATE | NLM_F_ACK);

		mnl_attr_put_strz(h, NFTA_TABLE_NAME, TABLE);
		end(w, h);
	}
}

static void put_set(struct words *w, uint8_t family, uint32_t n)
{
	struct nlmsghdr *h = ask(w, NFT_MSG_NEWSET, family, NLM_F_CREATE | NLM_F_ACK);
	struct nlattr *size;

	mnl_attr_put_strz(h, NFTA_SET_TABLE, TABLE);
	mnl_attr_put_strz(h, NFTA_SET_NAME, SET);
	mnl_attr_put_u32(h, NFTA_SET_KEY_TYPE, htonl(ADDRESS));
	mnl_attr_put_u32(h, NFTA_SET_KEY_LEN, htonl(4));
	mnl_attr_put_u32(h, NFTA_SET_ID, htonl(1));
	size = mnl_attr_nest_start(h, NFTA_SET_DESC);
	mnl_attr_put_u32(h, NFTA_SET_DESC_SIZE, htonl(n));
	mnl_attr_nest_end(h, size);
	end(w, h);
}

static void put_elements(struct words *w, uint8_t family, uint32_t from, uint32_t to,
			 uint32_t (*address)(uint32_t i))
{
	struct nlmsghdr *h = ask(w, NFT_MSG_NEWSETELEM, family, NLM_F_CREATE);
	struct nlattr *list;

	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_TABLE, TABLE);
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, SET);
	list = mnl_attr_nest_start(h, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (uint32_t i = from; i < to; i++) {
		struct nlattr *element = mnl_attr_nest_start(h, NFTA_LIST_ELEM);
		struct nlattr *key = mnl_attr_nest_start(h, NFTA_SET_ELEM_KEY);

		mnl_attr_put_u32(h, NFTA_DATA_VALUE, address(i));
		mnl_attr_nest_end(h, key);
		mnl_attr_nest_end(h, element);
	}
	mnl_attr_nest_end(h, list);
	end(w, h);
}

static void put_all(struct words *w, uint32_t n, uint32_t (*address)(uint32_t i))
{
	static const uint8_t families[] = { NFPROTO_INET, NFPROTO_NETDEV };

	end(w, begin(w, NFNL_MSG_BATCH_BEGIN, AF_UNSPEC, 0));
	for (size_t k = 0; k < sizeof(families); k++) {
		put_table(w, families[k]);
		put_set(w, families[k], n);
		for (uint32_t i = 0; i < n; i += A_MESSAGE)
			put_elements(w, families[k], i, n - i < A_MESSAGE ? n : i + A_MESSAGE,
				     address);
	}
	end(w, begin(w, NFNL_MSG_BATCH_END, AF_UNSPEC, 0));
}

/* An answer for each that wants one, and those for what failed. */
static int check(struct mnl_socket *s)
{
	char buf[8192];

	for (unsigned left = 2 * OPERATIONS; left;) {
		ssize_t n = mnl_socket_recvfrom(s, buf, sizeof(buf));
		int rest = (int)n;

		if (n < 0)
			return -errno;
		for (const struct nlmsghdr *h = (void *)buf; mnl_nlmsg_ok(h, rest) && left;
		     h = mnl_nlmsg_next(h, &rest), left--) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

			if (h->nlmsg_type != NLMSG_ERROR || e->error)
				return h->nlmsg_type == NLMSG_ERROR ? e->error : -EBADMSG;
		}
	}
	return 0;
}

int limit_lay(uint32_t n, uint32_t (*address)(uint32_t i))
{
	const size_t room = 2 * ((size_t)n * (ELEMENT + 4) + n / A_MESSAGE * 64 + OTHERS);
	struct mnl_socket *s = mnl_socket_open(NETLINK_NETFILTER);
	char *words = malloc(room);
	struct words w = { .at = words, .seq = 1 };
	int r = -errno, size = (int)room;

	if (s && words) {
		put_all(&w, n, address);
		r = setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_SNDBUFFORCE, &size,
			       sizeof(size)) == 0 &&
				    mnl_socket_sendto(s, words, (size_t)(w.at - words)) >= 0
			    ? check(s)
			    : -errno;
	}
	free(words);
	if (s)
		mnl_socket_close(s);
	return r;
}
