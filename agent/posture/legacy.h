/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of iptables-legacy, which nf_tables does not show.  The kernel names those that
 * there are (ip_tables_names and ip6_tables_names in /proc/net), to root alone: systemd reads them
 * for lazaret-witness, and that tells lazaretd.  One that is there may be empty: who lists a table
 * makes it.
 */
#pragma once

#include <stdbool.h>

struct host;

enum legacy_table {
	LEGACY_FILTER = 1 << 0,
	LEGACY_NAT = 1 << 1,
	LEGACY_MANGLE = 1 << 2,
	LEGACY_RAW = 1 << 3,
	LEGACY_SECURITY = 1 << 4,
};

struct legacy {
	bool known;
	unsigned ip4, ip6; /* enum legacy_table, each that there is */
};

/* From two files in `dir`; without a file there is no table.  -EACCES, ... */
int legacy_read(int dir, const char *names4, const char *names6, struct legacy *ret);

/*
 * What is known of the host's: what the kernel says; else what the witness said (host->legacy);
 * else of what tables the kernel has the module loaded.  true: the kernel did not say it to us.
 */
bool legacy_look(const struct host *host, struct legacy *ret);

/* "filter and nat", "filter, mangle and nat" ... in the order of the enum; "" without one. */
#define LEGACY_TEXT 48
const char *legacy_text(unsigned tables, char text[LEGACY_TEXT]);

/* As a line for another process, and back; of another line: false. */
#define LEGACY_LINE 112
void legacy_say(const struct legacy *l, char line[LEGACY_LINE]);
bool legacy_hear(struct legacy *l, const char *line);
