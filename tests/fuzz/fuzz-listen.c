// SPDX-License-Identifier: GPL-2.0-or-later
/* What sock_diag answers: sockets that listen. */
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "netfilter/listen.h"
#include "netfilter/object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t protocols[] = { 6, 17, 255 };
	_free_ struct listeners *l = calloc(1, sizeof(*l));
	_free_ void *copy = malloc(size ? size : 1); /* aligned, and with an end that is watched */
	const struct nlmsghdr *h = copy;
	int left = (int)size;

	if (!l || !copy)
		abort();
	memcpy(copy, data, size);
	for (unsigned i = 0; object_whole(h, left); h = mnl_nlmsg_next(h, &left), i++)
		listen_take(l, protocols[i % sizeof(protocols)], h);
	if (l->n > LISTENERS_MAX || l->n > l->all)
		abort();
	for (size_t i = 0; i < l->n; i++)
		if (l->list[i].both && l->list[i].family != NFPROTO_IPV6)
			abort();
	return 0;
}
