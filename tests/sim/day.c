// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "tests/sim/clocks.h"
#include "tests/sim/day.h"

#define HOUR  (3600 * HOST_SECOND)
#define SLEEP 3600 /* seconds, at most */
/* Who is held before it sleeps, and does not, is let out after a minute; timers may be late. */
#define SLEEPLESS (62 * HOST_SECOND)

unsigned day_dice(unsigned sides)
{
	return (unsigned)random() % sides;
}

static void roam(struct day *d)
{
	(void)d;
	host_run("ip route replace default via 192.0.2.%u", 1 + day_dice(2));
}

static void lose_carrier(struct day *d)
{
	(void)d;
	host_run("ip link set far0 down && ip link set far0 up && "
		 "ip route replace default via 192.0.2.%u",
		 1 + day_dice(2));
}

static void sleep_on(struct day *d)
{
	(void)d;
	clocks_sleep(day_dice(SLEEP) * HOST_SECOND);
}

static void set_clock(struct day *d)
{
	static int64_t away;
	int64_t by = away ? -away : (int64_t)(day_dice(7200) * HOST_SECOND) - (int64_t)HOUR;

	(void)d;
	clocks_set(by);
	away = away ? 0 : by;
}

static const char cgroup[] = "sys/fs/cgroup/system.slice/guardd.service";

static void put(struct day *d, const char *name, const char *text)
{
	char path[120];

	snprintf(path, sizeof(path), "%s/%s", cgroup, name);
	if (root_put(&d->root, path, text, strlen(text)) < 0)
		host_fail("%s: %m", path);
}

void day_guard(struct day *d, bool runs)
{
	put(d, "cgroup.procs", runs ? "77\n" : "");
	put(d, "cgroup.events", runs ? "populated 1\nfrozen 0\n" : "populated 0\nfrozen 0\n");
	d->wrong[GUARD] = !runs;
}

static void flap_guard(struct day *d)
{
	day_guard(d, d->wrong[GUARD]);
}

static void flush_firewall(struct day *d)
{
	host_run("nft list table inet host >/dev/null 2>&1 && nft delete table inet host || true");
	d->wrong[FIREWALL] = true;
}

static void close_firewall(struct day *d)
{
	host_run("nft 'table inet host { chain input { type filter hook input priority 0; policy "
		 "drop; }; }'");
	d->wrong[FIREWALL] = false;
}

static void turn_remedy(struct day *d)
{
	d->remedy = !d->remedy;
	host_run("%s %s/remedy-works", d->remedy ? "touch" : "rm", d->host.path);
}

static void change_policy(struct day *d)
{
	if (d->web < HOST_WEBS)
		host_serve(&d->host, ++d->web);
	free(host_ask(&d->host, "refresh"));
}

static void release(struct day *d)
{
	if (!strcmp(d->host.seen.state, "quarantined"))
		free(host_ask(&d->host, day_dice(2) ? "release" : "release end"));
}

static void ask(struct day *d)
{
	static const char *const verbs[] = { "check", "history",   "policy",	"firewall",
					     "hold",  "antivirus", "lacking 0", "nonsense" };
	const char *verb = verbs[day_dice(COUNT(verbs))];

	if (!strcmp(verb, "hold"))
		d->asleep = clocks_now() + SLEEPLESS;
	free(host_ask(&d->host, verb));
}

/* As when its clock has no battery, or another system has set it by its own hour. */
static void restart(struct day *d)
{
	const int64_t by = (int64_t)((60 + day_dice(7200)) * HOST_SECOND);

	host_stop(&d->host);
	switch (day_dice(3)) {
	case 0: clocks_set(-by); break;
	case 1: clocks_set(d->ahead = by); break;
	}
	d->lives++;
}

static void set_right(struct day *d)
{
	clocks_set(-d->ahead);
	d->ahead = 0;
}

static const struct event {
	const char *name;
	void (*happen)(struct day *d);
	unsigned share;
} events[] = {
	{ "another network", roam, 4 },
	{ "carriers lost", lose_carrier, 2 },
	{ "sleeps", sleep_on, 2 },
	{ "clocks set", set_clock, 1 },
	{ "a service stopped or started", flap_guard, 6 },
	{ "firewalls flushed", flush_firewall, 3 },
	{ "firewalls laid", close_firewall, 3 },
	{ "remedies broken or mended", turn_remedy, 1 },
	{ "refreshes", change_policy, 1 },
	{ "challenges", release, 1 },
	{ "questions", ask, 3 },
	{ "restarts", restart, 1 },
};

void day_happen(struct day *d)
{
	unsigned all = 0, at;
	size_t i = 0;

	if (d->ahead) {
		set_right(d);
		return;
	}
	for (size_t k = 0; k < COUNT(events); k++)
		all += events[k].share;
	for (at = day_dice(all); at >= events[i].share; i++)
		at -= events[i].share;
	d->counts[i]++;
	events[i].happen(d);
}

const char *day_name(size_t kind)
{
	_Static_assert(COUNT(events) <= DAY_KINDS, "each kind is counted");
	return kind < COUNT(events) ? events[kind].name : NULL;
}

void day_begin(struct day *d)
{
	static const char unit[] = "[Service]\nExecStart=/usr/sbin/guardd\n"
				   "[Install]\nWantedBy=multi-user.target\n";

	d->root.fd = openat(AT_FDCWD, d->host.config->host_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	root_put(&d->root, "run/systemd/system/x", "", 0);
	root_put(&d->root, "usr/sbin/guardd", "program", 7);
	root_put(&d->root, "usr/lib/systemd/system/guardd.service", unit, strlen(unit));
	root_put(&d->root, "etc/systemd/system/multi-user.target.wants/x", "", 0);
	root_put(&d->root, "proc/77/stat", "77 (guardd) S 1 ", 16);
	host_run("cd %s && chmod 755 usr/sbin/guardd && ln -s "
		 "/usr/lib/systemd/system/guardd.service "
		 "etc/systemd/system/multi-user.target.wants/",
		 d->host.config->host_root);
	day_guard(d, true);
	close_firewall(d);
}
