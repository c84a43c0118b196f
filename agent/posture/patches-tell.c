// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/base/span.h"
#include "agent/posture/atwork.h"
#include "agent/posture/patches-look.h"

static bool fails_on(const struct requirement *req, enum patch_state state)
{
	return req->with.patches.fails_on >> state & 1;
}

static void add_item(const struct patch *p, struct finding *f)
{
	const char *held = p->state == PATCH_HELD && strncmp(p->why, "pinned", 6) ? "held" : p->why;

	if (f->n_items == FINDING_ITEMS)
		return;
	if (p->state == PATCH_RESTART) {
		snprintf(f->items[f->n_items++], sizeof(f->items[0]), "%s %s: %s", p->package,
			 p->fixed, p->why);
		return;
	}
	snprintf(f->items[f->n_items++], sizeof(f->items[0]), "%s %s -> %s%s%s%s", p->package,
		 p->installed, p->fixed, *held ? " (" : "", held, *held ? ")" : "");
}

/* What fails first, then what else can be told; of what nobody can mend only the number. */
static void add_items(struct look *l, const struct findings *found, struct finding *f)
{
	size_t n;
	const struct patch *rows = findings_list(found, &n);

	memset(l->counts, 0, sizeof(l->counts));
	for (size_t i = 0; i < n; i++)
		l->counts[rows[i].state]++;
	for (int failing = 1; failing >= 0; failing--)
		for (size_t i = 0; i < n; i++) {
			bool fails = fails_on(l->req, rows[i].state);

			if (fails != failing || (!fails && rows[i].state == PATCH_NO_FIX))
				continue;
			add_item(&rows[i], f);
			f->n_all++;
		}
}

static size_t count_failing(const struct look *l)
{
	size_t n = 0;

	for (int i = 0; i < PATCH_STATES; i++)
		n += fails_on(l->req, (enum patch_state)i) ? l->counts[i] : 0;
	return n;
}

/* "; 2 held back, 3 not offered to this host yet" */
static void say_others(const struct look *l, const char *before, const char *more, char out[120])
{
	static const char *const words[PATCH_STATES] = {
		[PATCH_AVAILABLE] = "to be had",
		[PATCH_RESTART] = "wait for a restart",
		[PATCH_HELD] = "held back",
		[PATCH_NOT_OFFERED] = "not offered to this host yet",
		[PATCH_NO_FIX] = "without a fix",
	};
	size_t len = 0;

	out[0] = '\0';
	for (int i = 0; i < PATCH_STATES; i++)
		if (l->counts[i] && !fails_on(l->req, (enum patch_state)i) && len < 100)
			len += (size_t)snprintf(out + len, 120 - len, "%s%zu%s %s",
						len ? ", " : before, l->counts[i], len ? "" : more,
						words[i]);
}

static enum manager manager_of(const struct look *l)
{
	return l->inv || !l->kept ? inventory_manager(l->inv) : l->kept->manager;
}

static void say_failing(const struct look *l, size_t n, struct finding *f)
{
	static const char *const todos[MANAGER_COUNT] = {
		[MANAGER_DPKG] = "install them: apt-get update && apt-get upgrade",
		[MANAGER_APK] = "install them: apk upgrade --update-cache",
		[MANAGER_RPM] = "install them: dnf upgrade --refresh, or zypper patch",
	};
	const char *kind = l->req->with.patches.all_updates ? "update" : "security update";
	char others[120];

	say_others(l, ", ", " more", others);
	f->grade = GRADE_FAIL;
	snprintf(f->what, sizeof(f->what), "%zu %s%s pending%s", n, kind, n == 1 ? " is" : "s are",
		 others);
	if (fails_on(l->req, PATCH_RESTART) && l->counts[PATCH_RESTART] == n) {
		snprintf(f->what, sizeof(f->what), "%zu update%s restart%s", n,
			 n == 1 ? " is installed and waits for a"
				: "s are installed and wait for a",
			 others);
		snprintf(f->todo, sizeof(f->todo), "restart what is named, or the host");
	} else {
		snprintf(f->todo, sizeof(f->todo), "%s", todos[manager_of(l)]);
	}
}

static void say_broken(const struct look *l, struct finding *f)
{
	static const char *const todos[MANAGER_COUNT] = {
		[MANAGER_DPKG] = "complete it: dpkg --configure -a",
		[MANAGER_APK] = "complete it: apk fix",
		[MANAGER_RPM] = "complete it: rpm --verifydb, dnf check",
	};
	enum manager manager = inventory_manager(l->inv);
	struct word first;
	size_t n = inventory_broken(l->inv, &first);

	f->grade = GRADE_FAIL;
	f->n_all = n;
	snprintf(f->what, sizeof(f->what), "%s was interrupted: %.*s%s not complete",
		 manager_names[manager], (int)first.len, first.p,
		 n > 1 ? " and others are" : " is");
	snprintf(f->todo, sizeof(f->todo), "%s", todos[manager]);
}

/* Whoever writes what is looked at makes nobody fail for it, as long as that takes no longer. */
static void say_meanwhile(const struct look *l, struct finding *f)
{
	int64_t until = l->kept->confirmed + AT_WORK_FRESH, now = l->host->now;

	if (l->err != -EINPROGRESS || now >= until || until > now + AT_WORK_FRESH)
		return;
	f->meanwhile = until;
	f->counts = count_failing(l) ? GRADE_FAIL : GRADE_PASS;
	f->lacking = f->counts == GRADE_FAIL;
}

/* What a person can do about it. */
static const char *find_todo(const struct look *l)
{
	static const struct {
		int err;
		const char *apt, *dnf; /* NULL: the last row's */
	} rows[] = {
		{ -ENOENT,
		  "add the security suite of this release to apt's sources, then: apt-get update",
		  NULL },
		{ -ENODATA, "name the release in /etc/os-release: VERSION_CODENAME=bookworm",
		  "name the release in /etc/os-release: VERSION_ID=9.4" },
		{ -ENOSYS, "let the policy name a feed for this distribution",
		  "let the policy name a feed for this distribution" },
		{ -EINPROGRESS, "wait until it is done", NULL },
		{ -ETIME, "see that this host's clock is right, then: apt-get update",
		  "see that this host's clock is right, then: dnf makecache, or zypper refresh" },
		{ -EXDEV, "take that line out of apt's configuration, then: apt-get update",
		  "take that line out of dnf's configuration, then: dnf makecache" },
		{ -EOPNOTSUPP,
		  "put Acquire::GzipIndexes \"false\"; into a file in "
		  "/etc/apt/apt.conf.d, then: apt-get update",
		  "put zchunk=0 into /etc/dnf/dnf.conf, then: dnf clean metadata && "
		  "dnf makecache" },
		{ -EAGAIN, "see: systemctl status lazaret-witness.socket",
		  "see: systemctl status lazaret-witness.socket" },
		{ 0, "apt-get update", "dnf makecache --refresh, or zypper refresh" },
	};
	const size_t last = COUNT(rows) - 1;
	bool is_rpm;
	size_t i = 0;

	if (!l->inv)
		return "see: dpkg --audit";
	is_rpm = inventory_manager(l->inv) == MANAGER_RPM;
	while (rows[i].err && rows[i].err != l->err)
		i++;
	if (!is_rpm)
		return rows[i].apt;
	return rows[i].dnf ? rows[i].dnf : rows[last].dnf;
}

static void say_unknown(struct look *l, struct finding *f)
{
	const struct kept *p = l->kept;
	char ago[SPAN_TEXT];
	size_t n;

	f->grade = GRADE_UNKNOWN;
	n = (size_t)snprintf(f->what, sizeof(f->what), "%.*s", (int)sizeof(f->what) - 1,
			     l->fault.why[0] ? l->fault.why : strerror(-l->err));
	snprintf(f->todo, sizeof(f->todo), "%s", find_todo(l));
	if (!p || !p->findings)
		return;
	f->n_items = f->n_all = 0;
	add_items(l, p->findings, f);
	say_meanwhile(l, f);
	span_text(l->host->now > p->when ? (uint64_t)(l->host->now - p->when) : 0, ago);
	if (n < sizeof(f->what))
		snprintf(f->what + n, sizeof(f->what) - n, "; %s ago %zu pending", ago,
			 count_failing(l));
}

static void say_pass(const struct look *l, size_t n, const struct seen *seen, struct finding *f)
{
	char ago[SPAN_TEXT], others[120], with[80] = "the feed of advisories";
	int64_t now = l->host->now;

	if (seen->n) {
		span_text(now > seen->updated ? (uint64_t)(now - seen->updated) : 0, ago);
		snprintf(with, sizeof(with), "%.40s of %s ago", seen->lists, ago);
	}
	say_others(l, "; ", "", others);
	f->grade = GRADE_PASS;
	snprintf(f->what, sizeof(f->what), "%zu package%s up to date with %s%.66s", n,
		 n == 1 ? " is" : "s are", with, others);
}

void patches_tell(struct look *l, struct finding *f)
{
	const struct kept *p = l->kept;
	const struct findings *found = l->findings ? l->findings : p ? p->findings : NULL;
	size_t failing, n;
	struct word first;

	if (l->inv && l->err != -EINPROGRESS && inventory_broken(l->inv, &first)) {
		say_broken(l, f);
		return;
	}
	if (l->err && !l->findings) {
		say_unknown(l, f);
		return;
	}
	add_items(l, found, f);
	failing = count_failing(l);
	if (l->inv)
		inventory_list(l->inv, &n);
	/* What is known to be missing is missing, whatever else is not known. */
	if (failing)
		say_failing(l, failing, f);
	if (failing)
		f->lacking = !l->err && p && p->findings;
	else if (l->err)
		say_unknown(l, f);
	else
		say_pass(l, l->inv ? n : p->n_installed, l->inv ? &l->seen : &p->seen, f);
}
