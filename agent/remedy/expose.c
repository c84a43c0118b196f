// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/remedy/demand.h"
#include "agent/remedy/expose.h"
#include "agent/remedy/folder.h"
#include "agent/remedy/front-end.h"
#include "agent/remedy/ufw-rules.h"

#define UFW	"/usr/sbin/ufw"
#define OFFLINE "/usr/bin/firewall-offline-cmd"
#define ONLINE	"/usr/bin/firewall-cmd"
#define OPTION	"--add-port="

#define WORDS_MAX 3

static const char *protocol_name(uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? "tcp" : protocol == IPPROTO_UDP ? "udp" : "sctp";
}

void expose_text(const struct port_range *p, char between, char ret[EXPOSE_TEXT])
{
	const char *protocol = protocol_name(p->protocol);

	if (p->from == p->to)
		snprintf(ret, EXPOSE_TEXT, "%u/%s", p->from, protocol);
	else
		snprintf(ret, EXPOSE_TEXT, "%u%c%u/%s", p->from, between, p->to, protocol);
}

/*
 * One that believes to be on lays each rule at once, and stops amid it where its chains are not
 * there.  It knows no SCTP.
 */
static int expose_by_ufw(const struct exposed *e, struct report *report, struct fault *fault)
{
	struct fault quiet = { 0 };
	int r = 0;

	(void)step_exec(STEP_ARGV(UFW, "disable"), 60, report, &quiet);
	for (size_t i = 0; r == 0 && i < e->n; i++) {
		char port[EXPOSE_TEXT];

		expose_text(&e->list[i], ':', port);
		if (e->list[i].protocol == IPPROTO_SCTP)
			report_line(report, "  ufw cannot let in ", port);
		else
			r = step_exec(STEP_ARGV(UFW, "allow", port), 30, report, fault);
	}
	return r;
}

/* What begins with so many words has the ports behind them. */
static int add_ports(const char *const *begin, size_t words, const struct exposed *e,
		     struct report *report, struct fault *fault)
{
	char ports[EXPOSED_MAX][sizeof(OPTION) + EXPOSE_TEXT] = { 0 };
	const char *argv[EXPOSED_MAX + WORDS_MAX + 1] = { 0 };

	for (size_t i = 0; i < words; i++)
		argv[i] = begin[i];
	for (size_t i = 0; i < e->n; i++) {
		char port[EXPOSE_TEXT];

		expose_text(&e->list[i], '-', port);
		snprintf(ports[i], sizeof(ports[i]), OPTION "%s", port);
		argv[words + i] = ports[i];
	}
	return step_exec(argv, 60, report, fault);
}

static int expose_by_firewalld(const struct exposed *e, struct report *report, struct fault *fault)
{
	return add_ports(STEP_ARGV(OFFLINE), 1, e, report, fault);
}

/* A zone that is written down is somebody's. */
static bool firewalld_has_zones(int root)
{
	const char *name;
	_close_ int dir = folder_of(root, "etc/firewalld/zones", false, &name);
	_close_ int zones = dir < 0 ? -1 : folder_open(dir, name);
	struct dirent **names;
	int n = zones < 0 ? -1 : scandirat(zones, ".", &names, NULL, NULL);
	bool any = false;

	for (int i = 0; i < n; i++) {
		any |= *names[i]->d_name != '.';
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return any;
}

/* What others are set up by is written by hand: as it is shipped it closes nothing. */
static const struct way {
	bool (*has_rules)(int root);
	int (*expose)(const struct exposed *e, struct report *report, struct fault *fault);
} ways[FRONT_COUNT] = {
	[FRONT_UFW] = { ufw_rules_below, expose_by_ufw },
	[FRONT_FIREWALLD] = { firewalld_has_zones, expose_by_firewalld },
};

int expose(enum front of, const struct known_good *g, int root, struct report *report,
	   struct fault *fault)
{
	const struct way *way = &ways[of];
	struct exposed e;
	int r;

	if (!way->expose || (g->copies && front_end_made(of, g)) || way->has_rules(root))
		return 0;
	r = demand_exposed(false, &e, fault);
	if (r <= 0 || !e.n)
		return r < 0 ? r : 0;
	report_line(report, "+ ", "letting in what the policy exposes, as it has no rule yet");
	return way->expose(&e, report, fault);
}

int expose_by_zone(const char *zone, struct report *report, struct fault *fault)
{
	char of[60];
	struct exposed e;
	int r = demand_exposed(false, &e, fault);

	if (r <= 0 || !e.n)
		return r < 0 ? r : 0;
	report_line(report, "+ ", "letting in what the policy exposes");
	snprintf(of, sizeof(of), "--zone=%s", zone);
	r = add_ports(STEP_ARGV(ONLINE, "--permanent", of), 3, &e, report, fault);
	return r < 0 ? r : add_ports(STEP_ARGV(ONLINE, of), 2, &e, report, fault);
}
