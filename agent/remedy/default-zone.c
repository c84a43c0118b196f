// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/settings.h"
#include "agent/remedy/default-zone.h"
#include "agent/remedy/expose.h"
#include "agent/remedy/known-good.h"
#include "netfilter/survey.h"

#define SETTINGS   "/etc/firewalld/firewalld.conf"
#define CONFIG_MAX (64 * 1024)
#define ZONE_MAX   40
#define CLOSED	   "public"

/* 0, or -errno: without that setting it is `public`. */
static int read_zone(char ret[ZONE_MAX], struct fault *fault)
{
	_free_ char *text = NULL;
	size_t len;
	int r = io_read(AT_FDCWD, SETTINGS, CONFIG_MAX, &text, &len);

	if (r < 0)
		return fault_set(fault, r, "cannot read " SETTINGS ": %s", strerror(-r));
	if (setting_last(text, "DefaultZone", ret, ZONE_MAX) < 0)
		snprintf(ret, ZONE_MAX, CLOSED);
	return 0;
}

/* "inet firewalld filter_IN_home_allow"; by its iptables backend "ip filter IN_home_allow". */
static bool is_by(const struct opening *o, const char *zone)
{
	char chain[ZONE_MAX + 4];
	const char *at;

	snprintf(chain, sizeof(chain), "IN_%s", zone);
	at = strstr(o->chain, chain);
	return at && (!at[strlen(chain)] || at[strlen(chain)] == '_');
}

static int leave(const char *zone, struct report *report, struct fault *fault)
{
	int r;

	report_line(report, "+ making " CLOSED " the default zone, in place of ", zone);
	r = access("/etc/firewalld/zones/" CLOSED ".xml", F_OK) < 0
		    ? expose_by_zone(CLOSED, report, fault)
		    : 0;
	return r < 0 ? r
		     : step_exec(STEP_ARGV("/usr/bin/firewall-cmd", "--set-default-zone=" CLOSED),
				 30, report, fault);
}

int default_zone_trusted(struct report *report, struct fault *fault)
{
	char zone[ZONE_MAX];
	int r = read_zone(zone, fault);

	return r < 0 || strcmp(zone, "trusted") != 0 ? r : leave(zone, report, fault);
}

int default_zone_open(struct report *report, struct fault *fault)
{
	char zone[ZONE_MAX];
	struct survey s;
	int r = default_zone_trusted(report, fault);

	if (r == 0)
		r = read_zone(zone, fault);
	if (r == 0)
		r = firewall_survey(&s, fault);
	if (r < 0 || !strcmp(zone, CLOSED))
		return r;
	return is_by(&s.open4, zone) || is_by(&s.open6, zone) ? leave(zone, report, fault) : 0;
}
