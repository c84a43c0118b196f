// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/remedy/remedy.h"

#define CONFIG_MAX	   (64 * 1024)
#define FIREWALLD_LIMIT_MS 15000
#define FIREWALLD_PAUSE_MS 200

/* A front end that is on, and whose configuration lets everything in, is told otherwise. */
static int close_default(const char *file, const char *open_line, const char *const *argv,
			 struct report *report, struct fault *fault)
{
	_free_ char *text = NULL;
	size_t len;
	int r = io_read(AT_FDCWD, file, CONFIG_MAX, &text, &len);

	if (r < 0)
		return fault_set(fault, r, "cannot read %s: %s", file, strerror(-r));
	if (!strstr(text, open_line))
		return 0;
	report_line(report, "+ ", "denying what comes in by default");
	return step_exec(argv, 30, report, fault);
}

static int close_ufw_default(struct report *report, struct fault *fault)
{
	return close_default("/etc/default/ufw", "\nDEFAULT_INPUT_POLICY=\"ACCEPT\"",
			     STEP_ARGV("/usr/sbin/ufw", "default", "deny", "incoming"), report,
			     fault);
}

static int close_firewalld_default(struct report *report, struct fault *fault)
{
	return close_default("/etc/firewalld/firewalld.conf", "\nDefaultZone=trusted\n",
			     STEP_ARGV("/usr/bin/firewall-cmd", "--set-default-zone=public"),
			     report, fault);
}

static const struct step ufw[] = {
	{ .argv = SYSTEMCTL("unmask", "ufw.service"), .limit_s = 30, .may_fail = true },
	{ .argv = SYSTEMCTL("unmask", "--runtime", "ufw.service"),
	  .limit_s = 30,
	  .may_fail = true },
	{ .call = close_ufw_default, .may_fail = true },
	/* Lays the rules again, too, where somebody flushed them behind its back. */
	{ .say = "switching ufw on",
	  .argv = STEP_ARGV("/usr/sbin/ufw", "--force", "enable"),
	  .limit_s = 60 },
	{ .argv = SYSTEMCTL("enable", "ufw.service"), .limit_s = 30, .may_fail = true },
	{ 0 },
};

/* systemd calls it started before its rules are there; it answers when they are. */
static int await_firewalld(struct report *report, struct fault *fault)
{
	uint64_t end = io_boot_ms() + FIREWALLD_LIMIT_MS;
	struct fault last;
	int r;

	do {
		last = (struct fault){ 0 };
		r = step_exec(STEP_ARGV("/usr/bin/firewall-cmd", "--state"), 30, report, &last);
		if (r < 0)
			step_sleep(FIREWALLD_PAUSE_MS);
	} while (r < 0 && io_boot_ms() < end);
	return r < 0 ? fault_set(fault, r, "%s", last.why) : 0;
}

/*
 * After a flush firewalld believes that its rules are there; both of its reloads fail
 * on the missing table and leave one that drops everything.  A restart lays them.
 */
static const struct step firewalld[] = {
	{ .argv = SYSTEMCTL("unmask", "firewalld.service"), .limit_s = 30 },
	{ .argv = SYSTEMCTL("unmask", "--runtime", "firewalld.service"), .limit_s = 30 },
	{ .argv = SYSTEMCTL("enable", "firewalld.service"), .limit_s = 30 },
	{ .say = "restarting firewalld",
	  .argv = SYSTEMCTL("restart", "firewalld.service"),
	  .limit_s = 60 },
	{ .say = "waiting until firewalld answers", .call = await_firewalld },
	{ .call = close_firewalld_default, .may_fail = true },
	{ 0 },
};

/*
 * Debian's ruleset begins with `flush ruleset`, which takes the quarantine's table
 * with it unless the kernel lets its owner keep it; lazaretd sees that and lays it again.
 */
static const struct step nftables[] = {
	{ .argv = SYSTEMCTL("unmask", "nftables.service"), .limit_s = 30 },
	{ .argv = SYSTEMCTL("unmask", "--runtime", "nftables.service"), .limit_s = 30 },
	{ .argv = SYSTEMCTL("enable", "nftables.service"), .limit_s = 30 },
	{ .say = "loading /etc/nftables.conf",
	  .argv = SYSTEMCTL("reload-or-restart", "nftables.service"),
	  .limit_s = 60 },
	{ 0 },
};

/* The front end the host uses, else the first it has. */
static const struct {
	const char *sign; /* there when it is used, or at least installed */
	const struct step *steps;
} front_ends[] = {
	{ "/etc/systemd/system/multi-user.target.wants/firewalld.service", firewalld },
	{ "/usr/sbin/ufw", ufw },
	{ "/usr/sbin/firewalld", firewalld },
	{ "/usr/lib/systemd/system/nftables.service", nftables },
};

static int enable_front_end(struct report *report, struct fault *fault)
{
	for (size_t i = 0; i < sizeof(front_ends) / sizeof(*front_ends); i++)
		if (faccessat(AT_FDCWD, front_ends[i].sign, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return steps_run(front_ends[i].steps, report, fault);
	return fault_set(
		fault, -ENOENT,
		"there is no ufw, firewalld or nftables.service here: install one of them");
}

const struct step steps_firewall_enable[] = {
	{ .call = enable_front_end },
	{ 0 },
};
