// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/settings.h"
#include "agent/posture/unit.h"
#include "agent/remedy/default-zone.h"
#include "agent/remedy/front-end.h"
#include "agent/remedy/in-front.h"
#include "agent/remedy/overrides.h"
#include "agent/remedy/remedy.h"
#include "agent/remedy/ufw-jumps.h"
#include "netfilter/survey.h"

#define CONFIG_MAX	   (64 * 1024)
#define FIREWALLD_LIMIT_MS 15000
#define FIREWALLD_PAUSE_MS 200

/* One that is on, and whose configuration lets everything in, is told otherwise. */
static int close_ufw_default(struct report *report, struct fault *fault)
{
	static const char file[] = "/etc/default/ufw";
	_free_ char *text = NULL;
	char now[40];
	size_t len;
	int r = io_read(AT_FDCWD, file, CONFIG_MAX, &text, &len);

	if (r < 0)
		return fault_set(fault, r, "cannot read %s: %s", file, strerror(-r));
	if (setting_last(text, "DEFAULT_INPUT_POLICY", now, sizeof(now)) < 0 ||
	    strcasecmp(now, "ACCEPT") != 0)
		return 0;
	report_line(report, "+ ", "denying what comes in by default");
	return step_exec(STEP_ARGV("/usr/sbin/ufw", "default", "deny", "incoming"), 30, report,
			 fault);
}

/* Each call of systemctl makes the manager read all units anew, so only what is needed is asked. */
static int bring_back(const char *name, struct report *report, struct fault *fault)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct provider_unit of = { .part = PART_DAEMON };
	struct unit u;
	int r = 0;

	snprintf(of.name, sizeof(of.name), "%s", name);
	unit_look(root, &of, &u);
	if (u.load == UNIT_PLAIN && !*u.drop_in && u.enabled)
		return 0;
	overrides_unlock(&of);
	if (u.load == UNIT_MASKED) {
		report_line(report, "+ unmasking ", name);
		r = step_exec(SYSTEMCTL("unmask", name), 30, report, fault);
		/* What `mask --runtime` made, the call above leaves, and says nothing. */
		if (r == 0)
			r = step_exec(SYSTEMCTL("unmask", "--runtime", name), 30, report, fault);
	}
	if (r == 0)
		r = overrides_set_aside(&of, NULL, report, fault);
	if (r > 0)
		r = step_exec(SYSTEMCTL("daemon-reload"), 60, report, fault);
	if (r == 0 && (u.load != UNIT_PLAIN || !u.enabled))
		r = step_exec(SYSTEMCTL("enable", name), 30, report, fault);
	return r;
}

static int bring_back_ufw(struct report *report, struct fault *fault)
{
	return bring_back("ufw.service", report, fault);
}

static int bring_back_firewalld(struct report *report, struct fault *fault)
{
	return bring_back("firewalld.service", report, fault);
}

static int bring_back_nftables(struct report *report, struct fault *fault)
{
	return bring_back("nftables.service", report, fault);
}

/* Enabling what is on already reads no file. */
static int load_ufw(struct report *report, struct fault *fault)
{
	report_line(report, "+ ", "laying ufw's rules again");
	return step_exec(STEP_ARGV("/usr/sbin/ufw", "reload"), 60, report, fault);
}

/* Those that were laid anew lead to chains that may be empty. */
static int reload_ufw(struct report *report, struct fault *fault)
{
	int laid = ufw_jumps_lay(report, fault), r = laid;
	struct survey s;

	if (laid == 0)
		r = firewall_survey(&s, fault);
	return r < 0 || (!laid && s.without_baseline) ? r : load_ufw(report, fault);
}

static int reload_ufw_again(struct report *report, struct fault *fault)
{
	int r = ufw_jumps_lay(report, fault);

	return r < 0 ? r : load_ufw(report, fault);
}

static const struct step enabling_ufw[] = {
	{ .call = bring_back_ufw, .may_fail = true },
	{ .call = close_ufw_default, .may_fail = true },
	{ .say = "switching ufw on",
	  .argv = STEP_ARGV("/usr/sbin/ufw", "--force", "enable"),
	  .limit_s = 60 },
	{ 0 },
};

static int enable_ufw(struct report *report, struct fault *fault)
{
	return steps_run(enabling_ufw, report, fault);
}

static const struct step ufw[] = {
	{ .call = enable_ufw },
	{ .call = reload_ufw },
	{ .call = in_front_clear },
	{ 0 },
};

static const struct step ufw_again[] = {
	{ .call = enable_ufw },
	{ .call = reload_ufw_again },
	{ .call = in_front_clear },
	{ 0 },
};

/* systemd calls it started before its rules are there; it answers when they are. */
static int await_firewalld(struct report *report, struct fault *fault)
{
	uint64_t end = io_awake_ms() + FIREWALLD_LIMIT_MS;
	struct fault last;
	int r;

	do {
		last = (struct fault){ 0 };
		r = step_exec(STEP_ARGV("/usr/bin/firewall-cmd", "--state"), 30, report, &last);
		if (r < 0)
			step_sleep(FIREWALLD_PAUSE_MS);
	} while (r < 0 && io_awake_ms() < end);
	return r < 0 ? fault_set(fault, r, "%s", last.why) : 0;
}

/*
 * Whoever stops a unit often enough has it refused to be started: so each is reset first.
 *
 * After a flush firewalld believes that its rules are there; both of its reloads fail
 * on the missing table and leave one that drops everything.  A restart lays them.
 */
static const struct step restarting_firewalld[] = {
	{ .call = bring_back_firewalld },
	{ .argv = SYSTEMCTL("reset-failed", "firewalld.service"), .limit_s = 30, .may_fail = true },
	{ .say = "restarting firewalld",
	  .argv = SYSTEMCTL("restart", "firewalld.service"),
	  .limit_s = 60 },
	{ .say = "waiting until firewalld answers", .call = await_firewalld },
	{ 0 },
};

static int restart_firewalld(struct report *report, struct fault *fault)
{
	return steps_run(restarting_firewalld, report, fault);
}

static const struct step firewalld[] = {
	{ .call = restart_firewalld },
	{ .call = default_zone_trusted, .may_fail = true },
	{ 0 },
};

/* Another zone that lets everything in is somebody's, and what was good of it comes back first. */
static const struct step firewalld_again[] = {
	{ .call = restart_firewalld },
	{ .call = default_zone_open },
	{ 0 },
};

/*
 * Debian's ruleset begins with `flush ruleset`, which takes the quarantine's table
 * with it unless the kernel lets its owner keep it; lazaretd sees that and lays it again.
 */
static const struct step nftables[] = {
	{ .call = bring_back_nftables },
	{ .argv = SYSTEMCTL("reset-failed", "nftables.service"), .limit_s = 30, .may_fail = true },
	{ .say = "loading /etc/nftables.conf",
	  .argv = SYSTEMCTL("reload-or-restart", "nftables.service"),
	  .limit_s = 60 },
	{ 0 },
};

static int bring_back_persistent(struct report *report, struct fault *fault)
{
	return bring_back("netfilter-persistent.service", report, fault);
}

static const struct step persistent[] = {
	{ .call = bring_back_persistent },
	{ .argv = SYSTEMCTL("reset-failed", "netfilter-persistent.service"),
	  .limit_s = 30,
	  .may_fail = true },
	{ .say = "loading the rules in /etc/iptables",
	  .argv = SYSTEMCTL("restart", "netfilter-persistent.service"),
	  .limit_s = 60 },
	{ 0 },
};

const struct front_end *front_end_of(enum front of)
{
	static const struct front_end list[FRONT_COUNT] = {
		[FRONT_UFW] = { ufw, ufw_again },
		[FRONT_FIREWALLD] = { firewalld, firewalld_again },
		[FRONT_NFTABLES] = { nftables, nftables },
		[FRONT_IPTABLES] = { persistent, persistent },
	};

	return &list[of];
}
