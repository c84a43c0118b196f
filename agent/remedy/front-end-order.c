// SPDX-License-Identifier: GPL-2.0-or-later
/* Which front end a host's firewall is to come back by. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/posture/settings.h"
#include "agent/posture/unit.h"
#include "agent/remedy/front-end.h"
#include "netfilter/xtables.h"

#define CONFIG_MAX (64 * 1024)

/* Of those that are alike else, the first counts: firewalld lets ssh in unless told otherwise. */
static const struct row {
	enum front of;
	const char *program;
	const char *unit;      /* without it the program is of no use; NULL: it needs none */
	const char *config;    /* which says ENABLED=yes, in the place of a unit that is enabled */
	const char *chains[3]; /* how the names of its chains begin; none: as anybody likes */
} rows[] = {
	{ FRONT_FIREWALLD,
	  "usr/sbin/firewalld",
	  "firewalld.service",
	  NULL,
	  { "inet firewalld ", "ip filter INPUT_ZONES", XTABLES_NAME4 "filter INPUT_ZONES" } },
	{ FRONT_UFW,
	  "usr/sbin/ufw",
	  NULL,
	  "etc/ufw/ufw.conf",
	  { "ip filter ufw-", XTABLES_NAME4 "filter ufw-" } },
	{ FRONT_IPTABLES,
	  "usr/sbin/netfilter-persistent",
	  "netfilter-persistent.service",
	  NULL,
	  { NULL } },
	{ FRONT_NFTABLES, "usr/sbin/nft", "nftables.service", NULL, { NULL } },
};

enum rank {
	RANK_ABSENT,
	RANK_INSTALLED,
	RANK_MASKED, /* enabled, and masked by whoever switched it off, or wanted another one */
	RANK_MADE,   /* the firewall that was kept as good */
	RANK_USED,
};

static bool says_enabled(int root, const char *config)
{
	_free_ char *text = NULL;
	char is[16];
	size_t len;

	return io_read(root, config, CONFIG_MAX, &text, &len) == 0 &&
	       setting_last(text, "ENABLED", is, sizeof(is)) == 0 && !strcasecmp(is, "yes");
}

static bool has_chains_of(const struct known_good *g, const struct row *e)
{
	for (size_t i = 0; i < COUNT(e->chains); i++)
		if (e->chains[i] && known_good_has(g, e->chains[i]))
			return true;
	return false;
}

/* A good firewall that is neither ufw's nor firewalld's was made by hand. */
static bool made(const struct row *e, const struct known_good *g)
{
	bool by_hand = known_good_has(g, "");

	if (*e->chains)
		return has_chains_of(g, e);
	for (size_t i = 0; i < COUNT(rows); i++)
		by_hand &= !has_chains_of(g, &rows[i]);
	return by_hand;
}

bool front_end_made(enum front of, const struct known_good *g)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].of == of)
			return made(&rows[i], g);
	return false;
}

/* Of a package that was removed, the links that enabled it or masked it may be left. */
static enum rank rank_of(int root, const struct row *e, const struct known_good *g)
{
	struct provider_unit of = { .part = PART_DAEMON };
	struct unit u = { .load = UNIT_PLAIN };

	if (faccessat(root, e->program, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return RANK_ABSENT;
	if (e->unit) {
		snprintf(of.name, sizeof(of.name), "%s", e->unit);
		unit_look(root, &of, &u);
	} else {
		u.enabled = says_enabled(root, e->config);
	}
	if (u.load == UNIT_ABSENT)
		return RANK_ABSENT;
	if (u.enabled && u.load != UNIT_MASKED)
		return RANK_USED;
	return made(e, g) ? RANK_MADE : u.enabled ? RANK_MASKED : RANK_INSTALLED;
}

size_t front_end_order(int root, const struct known_good *g, enum front ret[FRONT_TRIES])
{
	enum rank best = RANK_ABSENT;
	const struct row *maker = NULL;
	size_t n = 0;

	for (size_t i = 0; i < COUNT(rows); i++) {
		enum rank rank = rank_of(root, &rows[i], g);

		if (rank > best) {
			best = rank;
			ret[0] = rows[i].of;
			n = 1;
		}
		if (rank != RANK_ABSENT && !maker && made(&rows[i], g))
			maker = &rows[i];
	}
	if (maker && maker->of != ret[0])
		ret[n++] = maker->of;
	return n;
}
