/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way to nf_tables: a socket, what is asked over it, and the kernel's answers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/err.h"
#include "netfilter/ownership.h"
#include "netfilter/who.h"

struct laid;
struct nlmsghdr;
struct xtables;

/* What the quarantine found that this kernel lacks, and does without. */
struct nft_lacks {
	bool egress; /* hooks at links (CONFIG_NETFILTER_EGRESS): only packets are held */
	bool reject; /* a way to refuse a packet (CONFIG_NFT_REJECT) */
	bool limit;  /* limits (CONFIG_NFT_LIMIT) */
};

/* A netlink socket to nf_tables; one thread, one request at a time. */
struct nft {
	int fd;
	uint32_t seq;		  /* of the next message */
	enum ownership ownership; /* of the tables laid through it: see ownership_claim() */
	struct nft_lacks lacks;
	bool lays_once;	    /* whoever lays by it lays no second list: it is not remembered */
	struct laid *laid;  /* laid.h; NULL: what the tables hold is not known */
	bool knows_cgroups; /* this kernel can tell programs by their cgroup */
	struct who who;	    /* whom the list of the quarantine laid last is open to */
	char everyone[160]; /* why to every program, when not because the list says so */
	const struct xtables *beside; /* rules that a survey takes as if they were dumped; or NULL */
};

/*
 * Opens the socket and asks nf_tables whether it is there and answers us.
 * -EAFNOSUPPORT or -EPROTONOSUPPORT on a kernel without nf_tables, -EPERM without CAP_NET_ADMIN.
 */
int nft_open(struct nft *ret, struct fault *fault);
void nft_close(struct nft *nft);

/*
 * Goes on with a socket that another process left behind, perhaps amid a request; `fd` is
 * taken when it returns 0.  -ENOTSOCK or -EPROTOTYPE for what is none of nft_open()'s.
 */
int nft_reopen(int fd, struct nft *ret, struct fault *fault);

/*
 * Makes room for so many answers that come at once; without CAP_NET_ADMIN it may stay too small,
 * which nft_receive() then tells.
 */
void nft_expect(const struct nft *nft, uint32_t answers);

/* What the kernel knows this socket by: nlmsg_pid of the events that it causes. */
uint32_t nft_port(const struct nft *nft);

/*
 * Dumps all objects of one kind (NFT_MSG_GETTABLE, ...GETCHAIN, ...GETRULE) and
 * family (NFPROTO_UNSPEC: all), each message handed to `each`, whose first error ends the
 * dump and is its result.  -EINTR when the ruleset changed while it was read.
 */
typedef int (*nft_each)(void *ctx, const struct nlmsghdr *h);
int nft_dump(struct nft *nft, uint16_t type, uint8_t family, nft_each each, void *ctx,
	     struct fault *fault);

/* The same with the elements of one set; -ENOENT when it is not there any more. */
int nft_dump_set(struct nft *nft, uint8_t family, const char *table, const char *set, nft_each each,
		 void *ctx, struct fault *fault);

/* The generation of the ruleset: it changes with every transaction that takes effect. */
int nft_generation(struct nft *nft, uint32_t *ret, struct fault *fault);

/* What an errno of nf_tables means, for people. */
const char *nft_why(int err);

/*
 * Takes one datagram of the kernel's answers; what other processes sent is thrown away.
 * Its length, 0 when nothing came within the socket's timeout (or at once with
 * MSG_DONTWAIT), or -errno; -ENOBUFS: some answers were lost.
 */
#define NFT_ANSWER_MAX 32768 /* the largest datagram the kernel makes of a dump */
int nft_receive(const struct nft *nft, void *buf, size_t room, int flags);
