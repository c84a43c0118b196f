// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Evidence for the reader and nothing else: front ends go on saying "active" after a flush, and
 * rules may be good without any of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/firewall.h"
#include "agent/posture/settings.h"
#include "agent/posture/unit.h"

#define CONF_MAX (64 * 1024)

static int setting_of(int root, const char *file, const char *key, char *ret, size_t room)
{
	_free_ char *text = NULL;
	size_t len;
	int r = io_read(root, file, CONF_MAX, &text, &len);

	return r < 0 ? r : setting_last(text, key, ret, room);
}

static void tell_ufw(const struct host *host, struct finding *f)
{
	char enabled[16] = "", policy[16] = "";

	if (setting_of(host->root, "etc/ufw/ufw.conf", "ENABLED", enabled, sizeof(enabled)) < 0)
		return;
	setting_of(host->root, "etc/default/ufw", "DEFAULT_INPUT_POLICY", policy, sizeof(policy));
	if (strcmp(enabled, "yes") != 0)
		finding_note(f, "ufw", GRADE_FAIL, "ufw says it is off");
	else if (!strcmp(policy, "ACCEPT"))
		finding_note(f, "ufw", GRADE_FAIL,
			     "ufw says it is on, and lets in what no rule names");
	else
		finding_note(f, "ufw", GRADE_PASS, "ufw says it is on");
}

/* The unit of a front end; false when it is not installed. */
static bool tell_unit(const struct host *host, const char *name, struct finding *f)
{
	struct provider_unit of = { .part = PART_DAEMON };
	struct unit u;

	snprintf(of.name, sizeof(of.name), "%s", name);
	unit_look(host->root, &of, &u);
	if (u.load == UNIT_ABSENT)
		return false;
	if (u.load == UNIT_MASKED)
		finding_note(f, name, GRADE_FAIL, "%s is masked by /%.80s", name, u.fragment);
	else if (u.load == UNIT_OVERRIDDEN)
		finding_note(f, name, GRADE_FAIL, "%s is overridden by /%.80s", name, u.fragment);
	else if (*u.drop_in)
		finding_note(f, name, GRADE_FAIL, "%s is changed: /%.80s sets %s", name, u.drop_in,
			     u.sets);
	else
		finding_note(f, name, u.enabled ? GRADE_PASS : GRADE_FAIL,
			     "%s is %senabled at boot", name, u.enabled ? "" : "not ");
	return true;
}

static void tell_firewalld(const struct host *host, const struct survey *s, struct finding *f)
{
	char zone[40] = "";

	if (!tell_unit(host, "firewalld.service", f))
		return;
	setting_of(host->root, "etc/firewalld/firewalld.conf", "DefaultZone", zone, sizeof(zone));
	if (*zone)
		finding_note(f, "default zone", strcmp(zone, "trusted") ? GRADE_PASS : GRADE_FAIL,
			     "firewalld's default zone is %s", zone);
	/* What a reload that failed leaves behind. */
	if (strstr(s->by4, "firewalld_policy_drop"))
		finding_note(f, "drop-all", GRADE_FAIL,
			     "firewalld's table that drops everything is in force");
}

const char *front_end_off(const struct host *host)
{
	struct provider_unit firewalld = { .part = PART_DAEMON, .name = "firewalld.service" };
	char enabled[16] = "";
	struct unit u;

	if (setting_of(host->root, "etc/ufw/ufw.conf", "ENABLED", enabled, sizeof(enabled)) == 0 &&
	    strcmp(enabled, "yes") != 0)
		return "ufw enable";
	unit_look(host->root, &firewalld, &u);
	return u.load == UNIT_PLAIN && !u.enabled ? "systemctl enable --now firewalld" : NULL;
}

/* Rules that were read count as nf_tables' own do. */
static void tell_legacy(const struct legacy *l, struct finding *f)
{
	char text4[LEGACY_TEXT], text6[LEGACY_TEXT];

	legacy_text(l->ip4, text4);
	legacy_text(l->ip6, text6);
	if (*text4 || *text6)
		finding_note(f, "iptables-legacy", l->rules ? GRADE_PASS : GRADE_UNKNOWN,
			     "%s: %s%s%s%s%s", l->rules ? "counts too" : "cannot be judged",
			     *text4 ? "iptables-legacy's " : "", text4,
			     *text4 && *text6 ? ", " : "", *text6 ? "ip6tables-legacy's " : "",
			     text6);
}

void tell_front_ends(const struct host *host, const struct survey *s, const struct legacy *legacy,
		     struct finding *f)
{
	static const char *const others[] = { "ufw.service", "netfilter-persistent.service",
					      "nftables.service" };

	if (*s->cut)
		finding_note(f, "cut off", GRADE_FAIL, "%s drops everything: %s", s->cut,
			     strstr(s->cut, "firewalld_policy_drop")
				     ? "firewalld's panic mode, see firewall-cmd --panic-off"
				     : "this host is cut off");
	tell_ufw(host, f);
	tell_firewalld(host, s, f);
	for (size_t i = 0; i < COUNT(others); i++)
		tell_unit(host, others[i], f);
	tell_legacy(legacy, f);
}
