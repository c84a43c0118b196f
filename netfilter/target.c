// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/netfilter/xt_CT.h>
#include <string.h>

#include "agent/base/count.h"
#include "netfilter/target.h"

/* Of all revisions the flags come first. */
static bool is_notrack(const void *info, size_t len)
{
	uint16_t flags = XT_CT_NOTRACK;

	if (len >= sizeof(flags))
		memcpy(&flags, info, sizeof(flags));
	return flags & XT_CT_NOTRACK;
}

enum effect target_effect(const char *name, const void *info, size_t len)
{
	static const char *const leads[] = { "DNAT", "NETMAP", "REDIRECT" };
	static const char *const harmless[] = {
		"AUDIT", "CHECKSUM", "CLASSIFY", "CONNMARK", "CONNSECMARK", "CT",    "DSCP",
		"HL",	 "HMARK",    "LED",	 "LOG",	     "MARK",	    "NFLOG", "SECMARK",
		"SET",	 "TCPMSS",   "TEE",	 "TOS",	     "TRACE",	    "TTL",
	};

	if (!strcmp(name, "NOTRACK") || (!strcmp(name, "CT") && is_notrack(info, len)))
		return EFFECT_UNTRACK;
	for (size_t i = 0; i < COUNT(leads); i++)
		if (!strcmp(name, leads[i]))
			return EFFECT_LEAD;
	for (size_t i = 0; i < COUNT(harmless); i++)
		if (!strcmp(name, harmless[i]))
			return EFFECT_NONE;
	return strcmp(name, "REJECT") ? EFFECT_ACCEPT : EFFECT_DROP;
}
