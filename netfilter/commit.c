// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "netfilter/batch-parts.h"
#include "netfilter/nft.h"
#include "netfilter/object.h"
#include "netfilter/refusal.h"

/* The batch as it goes out, in pieces of its buffer: between two repeats, and what they repeat. */
struct pieces {
	struct iovec *list;
	size_t n, bytes;
};

static void add_piece(struct pieces *p, const struct batch *b, size_t at, size_t len)
{
	p->list[p->n++] = (struct iovec){ b->buf + at, len };
	p->bytes += len;
}

static int cut(const struct batch *b, size_t end, struct pieces *ret)
{
	struct pieces p = { .list = calloc(2 * b->n_repeats + 1, sizeof(*p.list)) };
	size_t from = 0;

	if (!p.list)
		return -ENOMEM;
	for (size_t i = 0; i < b->n_repeats; i++) {
		add_piece(&p, b, from, b->repeats[i].after - from);
		add_piece(&p, b, b->repeats[i].at, b->repeats[i].len);
		from = b->repeats[i].after;
	}
	add_piece(&p, b, from, end - from);
	*ret = p;
	return 0;
}

static void drop_pieces(struct pieces *p)
{
	free(p->list);
}

struct answers {
	const struct batch *batch;
	bool *acked;	      /* by place in the batch */
	uint32_t n;	      /* acknowledged ones */
	struct refusal worst; /* the first refusal; err 0: none */
};

static void take_answer(struct answers *a, const struct nlmsghdr *h)
{
	uint32_t at = h->nlmsg_seq - a->batch->first;
	struct refusal said;

	/* Further off is left over from an earlier batch; the closing message is number n. */
	if (h->nlmsg_type != NLMSG_ERROR || at > a->batch->n)
		return;
	refusal_read(h, at, &said);
	if (said.err && (!a->worst.err || at < a->worst.at))
		a->worst = said;
	if (!said.err && at < a->batch->n && !a->acked[at]) {
		a->acked[at] = true;
		a->n++;
	}
}

/*
 * The kernel has answered by the time that send() returns.  In a refused batch some messages
 * are acknowledged all the same, so every answer is read before any is believed.
 */
static int take_answers(struct answers *a)
{
	const uint32_t wanted = a->batch->n - 1; /* the opening message gets none */
	_free_ char *buf = malloc(NFT_ANSWER_MAX);
	bool lost = false;

	if (!buf)
		return -ENOMEM;
	for (;;) {
		bool wait = a->n < wanted && !a->worst.err && !lost;
		int left = nft_receive(a->batch->nft, buf, NFT_ANSWER_MAX, wait ? 0 : MSG_DONTWAIT);
		const struct nlmsghdr *h = (void *)buf;

		if (left == -ENOBUFS) {
			lost = true;
			continue;
		}
		if (left < 0)
			return left;
		if (left == 0)
			break;
		for (; object_whole(h, left); h = mnl_nlmsg_next(h, &left))
			take_answer(a, h);
	}
	if (a->worst.err || a->n == wanted)
		return a->worst.err;
	return lost ? -ENOBUFS : -EIO;
}

/* Tells the refusal with the message's place, for which the pieces are put together once more. */
static int tell(const struct refusal *worst, const struct pieces *p, struct fault *fault)
{
	_free_ char *whole = malloc(p->bytes);
	size_t len = 0;

	for (size_t i = 0; whole && i < p->n; i++) {
		memcpy(whole + len, p->list[i].iov_base, p->list[i].iov_len);
		len += p->list[i].iov_len;
	}
	return refusal_tell(worst, whole, len, fault);
}

static int verdict(const struct batch *b, const struct pieces *p, struct fault *fault)
{
	_free_ bool *acked = calloc(b->n, sizeof(*acked));
	struct answers a = { .batch = b, .acked = acked };
	int r = acked ? take_answers(&a) : -ENOMEM;

	if (a.worst.err)
		return tell(&a.worst, p, fault);
	if (r == -ENOBUFS || r == -EIO)
		return fault_set(fault, r,
				 "the kernel answered %u of %u messages; whether the change took "
				 "effect is not known",
				 a.n, b->n - 1);
	return r < 0 ? fault_set(fault, r, "cannot read the kernel's answer: %s", nft_why(r)) : 0;
}

static int dispatch(struct batch *b, struct fault *fault)
{
	_drop_(drop_pieces) struct pieces p = { 0 };
	struct msghdr m = { 0 };
	size_t end = b->len;
	int r;

	/* There is room: see MSG_ROOM. */
	end += MNL_ALIGN(nftnl_batch_end(b->buf + b->len, b->first + b->n)->nlmsg_len);
	b->nft->seq++;
	r = end + b->repeated > BATCH_MAX ? -EMSGSIZE : cut(b, end, &p);
	nft_expect(b->nft, b->n);
	m.msg_iov = p.list;
	m.msg_iovlen = p.n;
	if (r == 0 && sendmsg(b->nft->fd, &m, 0) < 0)
		r = -errno;
	if (r < 0)
		return fault_set(fault, r, "cannot send the change: %s", nft_why(r));
	return verdict(b, &p, fault);
}

int batch_commit(struct batch *b, struct fault *fault)
{
	_drop_(drop_batch) struct batch *mine = b;

	if (!b)
		return fault_set(fault, -ENOMEM, "out of memory");
	if (b->err)
		return fault_set(fault, b->err, "cannot make the change: %s", nft_why(b->err));
	return b->n == 1 ? 0 : dispatch(b, fault);
}
