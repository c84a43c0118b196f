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
#include "agent/remedy/copies.h"
#include "agent/remedy/demand.h"
#include "agent/remedy/known-good.h"
#include "agent/remedy/overrides.h"
#include "agent/remedy/remedy.h"
#include "agent/remedy/unlock.h"
#include "netfilter/baseline.h"
#include "netfilter/nft.h"
#include "netfilter/survey.h"

#define CONFIG_MAX	   (64 * 1024)
#define FIREWALLD_LIMIT_MS 15000
#define FIREWALLD_PAUSE_MS 200

static void drop_nft(struct nft *nft)
{
	if (nft->fd >= 0)
		nft_close(nft);
}

/* A front end that is on, and whose configuration lets everything in, is told otherwise. */
static int close_default(const char *file, const char *key, const char *open,
			 const char *const *argv, struct report *report, struct fault *fault)
{
	_free_ char *text = NULL;
	char now[40];
	size_t len;
	int r = io_read(AT_FDCWD, file, CONFIG_MAX, &text, &len);

	if (r < 0)
		return fault_set(fault, r, "cannot read %s: %s", file, strerror(-r));
	if (setting_last(text, key, now, sizeof(now)) < 0 || strcasecmp(now, open))
		return 0;
	report_line(report, "+ ", "denying what comes in by default");
	return step_exec(argv, 30, report, fault);
}

static int close_ufw_default(struct report *report, struct fault *fault)
{
	return close_default("/etc/default/ufw", "DEFAULT_INPUT_POLICY", "ACCEPT",
			     STEP_ARGV("/usr/sbin/ufw", "default", "deny", "incoming"), report,
			     fault);
}

static int close_firewalld_default(struct report *report, struct fault *fault)
{
	return close_default("/etc/firewalld/firewalld.conf", "DefaultZone", "trusted",
			     STEP_ARGV("/usr/bin/firewall-cmd", "--set-default-zone=public"),
			     report, fault);
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
	if (u.load != UNIT_PLAIN || *u.drop_in || !u.enabled)
		overrides_unlock(&of);
	if (u.load == UNIT_OVERRIDDEN || *u.drop_in)
		r = overrides_set_aside(&of, false, report, fault);
	if (u.load == UNIT_MASKED) {
		report_line(report, "+ unmasking ", name);
		r = step_exec(SYSTEMCTL("unmask", name), 30, report, fault);
		/* What `mask --runtime` made, the call above leaves, and says nothing. */
		if (r == 0)
			r = step_exec(SYSTEMCTL("unmask", "--runtime", name), 30, report, fault);
	}
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

static int survey(struct survey *ret, struct fault *fault)
{
	_drop_(drop_nft) struct nft nft = { .fd = -1 };
	int r = nft_open(&nft, fault);

	return r < 0 ? r : survey_inbound(&nft, ret, fault);
}

/* Where its chains are left and the way to them is not, enabling what is on already does nothing.
 */
static int reload_ufw(struct report *report, struct fault *fault)
{
	struct survey s;
	int r = survey(&s, fault);

	if (r < 0 || s.without_baseline)
		return r;
	report_line(report, "+ ", "laying ufw's rules again");
	return step_exec(STEP_ARGV("/usr/sbin/ufw", "reload"), 60, report, fault);
}

static const struct step ufw[] = {
	{ .call = bring_back_ufw, .may_fail = true },
	{ .call = close_ufw_default, .may_fail = true },
	{ .say = "switching ufw on",
	  .argv = STEP_ARGV("/usr/sbin/ufw", "--force", "enable"),
	  .limit_s = 60 },
	{ .call = reload_ufw },
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
static const struct step firewalld[] = {
	{ .call = bring_back_firewalld },
	{ .argv = SYSTEMCTL("reset-failed", "firewalld.service"), .limit_s = 30, .may_fail = true },
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

/* Enabling what is on already reads no file. */
static const struct step ufw_again[] = {
	{ .say = "switching ufw on",
	  .argv = STEP_ARGV("/usr/sbin/ufw", "--force", "enable"),
	  .limit_s = 60 },
	{ .say = "laying ufw's rules again",
	  .argv = STEP_ARGV("/usr/sbin/ufw", "reload"),
	  .limit_s = 60 },
	{ 0 },
};

#define WANTS(target, unit) "/etc/systemd/system/" target ".target.wants/" unit ".service"

/* The front end the host uses; else the one that made the good firewall; else the first it has. */
static const struct front_end {
	const char *sign;  /* there when it is used, or at least installed */
	const char *chain; /* how the names of its chains begin; NULL: as anybody likes */
	const char *on;	   /* of those: there when it is enabled */
	enum front of;
	const struct step *steps, *again; /* again: after its files were put back */
} front_ends[] = {
	{ "/etc/systemd/system/multi-user.target.wants/firewalld.service", NULL, NULL,
	  FRONT_FIREWALLD, firewalld, firewalld },
	{ "/usr/sbin/ufw", "ip filter ufw-", NULL, FRONT_UFW, ufw, ufw_again },
	{ "/usr/sbin/firewalld", "inet firewalld ", NULL, FRONT_FIREWALLD, firewalld, firewalld },
	{ "/usr/sbin/netfilter-persistent", NULL, WANTS("multi-user", "netfilter-persistent"),
	  FRONT_IPTABLES, persistent, persistent },
	{ "/usr/lib/systemd/system/nftables.service", NULL, WANTS("sysinit", "nftables"),
	  FRONT_NFTABLES, nftables, nftables },
};

static bool is_there(const char *path)
{
	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static const struct front_end *choose(const struct known_good *g)
{
	const struct front_end *first = NULL, *hand = NULL;

	for (size_t i = 0; i < sizeof(front_ends) / sizeof(*front_ends); i++) {
		const struct front_end *e = &front_ends[i];

		if (!is_there(e->sign))
			continue;
		if (i == 0 || (e->chain && known_good_has(g, e->chain)))
			return e;
		first = first ? first : e;
		if (!hand && e->on && is_there(e->on))
			hand = e;
	}
	/* A good firewall that is neither ufw's nor firewalld's is not theirs to replace. */
	return hand && known_good_has(g, "") ? hand : first;
}

static int put_back(const struct known_good *g, const struct front_end *e, bool all,
		    struct report *report, struct fault *fault)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (!g->copies || (!all && !copies_gone(g->copies, e->of, root)))
		return 0;
	report_line(report, "+ ",
		    all ? "putting back all that is not as it was when it was good"
			: "putting back what is gone of its configuration");
	return copies_put_back(g->copies, e->of, root, all, report, fault);
}

/* chattr(1) would keep a front end from writing down that it is on. */
static void unlock_settings(void)
{
	static const char *const files[] = { "/etc/ufw", "/etc/ufw/ufw.conf", "/etc/default/ufw",
					     "/etc/firewalld/firewalld.conf" };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		unlock_file(files[i]);
}

/* What is left of its configuration counts first, for somebody may have wanted it so. */
static int enable_front_end(struct report *report, struct fault *fault)
{
	_drop_(drop_known_good) struct known_good *g = known_good_read(report);
	const struct front_end *e = g ? choose(g) : NULL;
	struct fault first = { 0 };
	int r, n;

	if (!g)
		return -ENOMEM;
	if (!e)
		return fault_set(
			fault, -ENOENT,
			"there is no ufw, firewalld or nftables.service here: install one of them");
	unlock_settings();
	r = put_back(g, e, false, report, &first);
	if (r >= 0)
		r = steps_run(e->steps, report, &first);
	if (r == 0 && known_good_is_met(g, &first) != 0)
		return 0;
	n = put_back(g, e, true, report, fault);
	if (n > 0 || (n == 0 && r == 0 && e->again != e->steps))
		return steps_run(e->again, report, fault);
	return n < 0 ? n : r < 0 ? fault_set(fault, r, "%s", first.why) : 0;
}

static int lay_baseline(struct nft *nft, struct report *report, struct fault *fault)
{
	struct baseline_port ports[EXPOSED_MAX];
	struct exposed open = { 0 };
	int r = demand_baseline(&open, fault);

	if (r == 0)
		return fault_set(fault, -EPERM,
				 "inbound is open all the same: its rules let everything in");
	for (size_t i = 0; i < open.n; i++)
		ports[i] = (struct baseline_port){ open.list[i].protocol, open.list[i].from,
						   open.list[i].to };
	if (r > 0)
		report_line(report, "+ ", "laying the baseline of the policy");
	return r < 0 ? r : baseline_lay(nft, ports, open.n, fault);
}

/* Whatever a front end says of itself: it counts when the kernel's rules close inbound. */
static int close_inbound(struct report *report, struct fault *fault)
{
	struct fault own = { 0 }, first;
	_drop_(drop_nft) struct nft nft = { .fd = -1 };
	struct survey s = { 0 };
	int front = enable_front_end(report, &own), r;

	first = own;
	r = nft_open(&nft, fault);
	if (r == 0)
		r = survey_inbound(&nft, &s, fault);
	if (r < 0)
		return r;
	if (s.without_baseline)
		r = baseline_remove(&nft, fault);
	else
		r = lay_baseline(&nft, report, &own);
	if (front < 0 && (s.without_baseline || r == -EPERM))
		return fault_set(fault, front, "%s", first.why);
	return r < 0 && !*fault->why ? fault_set(fault, r, "%s", own.why) : r;
}

const struct step steps_firewall_enable[] = {
	{ .call = close_inbound },
	{ 0 },
};
