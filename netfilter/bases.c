// SPDX-License-Identifier: GPL-2.0-or-later
#include <netinet/in.h> /* before the kernel's own */

#include <linux/netfilter.h>

#include "netfilter/bases.h"

const struct base bases[BASES] = {
	{ "input", NF_INET_LOCAL_IN, INT32_MIN },
	{ "forward", NF_INET_FORWARD, INT32_MIN },
	{ "output", NF_INET_LOCAL_OUT, INT32_MIN },
	{ "postrouting", NF_INET_POST_ROUTING, INT32_MAX },
};
