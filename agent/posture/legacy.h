/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of iptables-legacy, which nf_tables does not show.  The kernel names those that
 * there are (ip_tables_names and ip6_tables_names in /proc/net), to root alone: systemd reads them
 * for lazaret-legacy, which tells lazaretd, and what rules are in them.  One that is there may be
 * empty: who lists a table makes it.
 */
#pragma once

#include <stdbool.h>

#include "agent/base/err.h"

struct host;
struct xtables;

enum legacy_table {
	LEGACY_FILTER = 1 << 0,
	LEGACY_NAT = 1 << 1,
	LEGACY_MANGLE = 1 << 2,
	LEGACY_RAW = 1 << 3,
	LEGACY_SECURITY = 1 << 4,
};
#define LEGACY_ALL (LEGACY_SECURITY * 2 - 1)

struct legacy {
	bool known;
	unsigned ip4, ip6;	     /* enum legacy_table, each that there is */
	const struct xtables *rules; /* of all of them; NULL: not read */
};

/* Which there are, from two files in `dir`; without a file there is none.  -EACCES, ... */
int legacy_read(int dir, const char *names4, const char *names6, struct legacy *ret);

/* The same of the host itself; for root. */
int legacy_read_own(struct legacy *ret);

/* The rules of all that there are, to be freed by xtables_free().  As xtables_read(). */
int legacy_gather(const struct legacy *l, struct xtables *ret, struct fault *fault);

/*
 * What is known of the host's: which there are as the kernel says, with the rules that were told of
 * those (host->legacy); else what was told; else of what tables the kernel has the module loaded.
 */
void legacy_look(const struct host *host, struct legacy *ret);

/* "filter and nat", "filter, mangle and nat" ... in the order of the enum; "" without one. */
#define LEGACY_TEXT 48
const char *legacy_text(unsigned tables, char text[LEGACY_TEXT]);
