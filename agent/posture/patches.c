// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/span.h"
#include "agent/posture/dpkg.h"
#include "agent/posture/patches.h"
#include "agent/posture/posture.h"
#include "agent/posture/trace.h"
#include "policy/distro.h"

/* What is changed in place, in a folder whose time stays the same, is seen at last by then. */
#define READ_AGAIN 3600 /* seconds */

struct patches {
	struct findings *findings; /* the last that were whole */
	int64_t when;
	bool current; /* they came of what the trace says */
	struct trace trace;
	unsigned long index_max_age;
	bool all;
	struct apt_seen seen;
	size_t n_installed;
};

struct patches *patches_new(void)
{
	return calloc(1, sizeof(struct patches));
}

struct patches *patches_free(struct patches *p)
{
	if (p)
		findings_free(p->findings);
	free(p);
	return NULL;
}

void patches_forget(struct patches *p)
{
	if (p)
		p->current = false;
}

const struct findings *patches_findings(const struct patches *p, int64_t *when)
{
	if (p && p->findings)
		*when = p->when;
	return p ? p->findings : NULL;
}

static const char *const files[] = {
	DPKG_STATUS,
	DPKG_UPDATES,
	APT_LISTS,
	APT_STAMP,
	APT_PREFERENCES,
	APT_PREFERENCES_PARTS,
	OS_RELEASE,
	APK_INSTALLED,
	"var/lib/rpm/rpmdb.sqlite",
	"usr/lib/sysimage/rpm/rpmdb.sqlite",
};
_Static_assert(sizeof(files) / sizeof(*files) <= TRACE_FILES, "all are compared");

/* One look: what it reads, and what comes of it. */
struct look {
	const struct requirement *req;
	const struct host *host;
	struct inventory *inv;
	struct apt *apt;
	struct findings *findings;
	int err; /* why there may be more than what was found */
	struct fault fault;
	size_t counts[PATCH_STATES];
};

static bool fails_on(const struct requirement *req, enum patch_state state)
{
	return req->with.patches.fails_on >> state & 1;
}

static void add_item(const struct patch *p, struct finding *f)
{
	const char *held = p->state == PATCH_HELD && strncmp(p->why, "pinned", 6) ? "held" : p->why;

	if (f->n_items == FINDING_ITEMS)
		return;
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

static void say_failing(const struct look *l, size_t n, struct finding *f)
{
	const char *kind = l->req->with.patches.all_updates ? "update" : "security update";
	char others[120];

	say_others(l, ", ", " more", others);
	f->grade = GRADE_FAIL;
	snprintf(f->what, sizeof(f->what), "%zu %s%s pending%s", n, kind, n == 1 ? " is" : "s are",
		 others);
	if (l->counts[PATCH_RESTART] && l->counts[PATCH_RESTART] == n)
		snprintf(f->todo, sizeof(f->todo), "restart what is named, or the host");
	else
		snprintf(f->todo, sizeof(f->todo),
			 "install them: apt-get update && apt-get upgrade");
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

static void say_unknown(struct look *l, struct finding *f)
{
	static const struct {
		int err;
		const char *todo;
	} rows[] = {
		{ -ENOENT,
		  "add the security suite of this release to apt's sources, then: apt-get update" },
		{ -ENODATA, "name the release in /etc/os-release: VERSION_CODENAME=bookworm" },
		{ -ENOSYS, "let the policy name a feed for this distribution" },
		{ -EINPROGRESS, "wait until it is done, or see: dpkg --audit" },
		{ -ETIME, "see that this host's clock is right, then: apt-get update" },
		{ -EOPNOTSUPP, "put Acquire::GzipIndexes \"false\"; into a file in "
			       "/etc/apt/apt.conf.d, then: apt-get update" },
		{ 0, "apt-get update" },
	};
	const struct patches *p = l->host->patches;
	char ago[SPAN_TEXT];
	size_t i = 0, n;

	f->grade = GRADE_UNKNOWN;
	while (rows[i].err && rows[i].err != l->err)
		i++;
	n = (size_t)snprintf(f->what, sizeof(f->what), "%.*s", (int)sizeof(f->what) - 1,
			     l->fault.why[0] ? l->fault.why : strerror(-l->err));
	snprintf(f->todo, sizeof(f->todo), "%s", l->inv ? rows[i].todo : "see: dpkg --audit");
	if (!p || !p->findings)
		return;
	f->n_items = f->n_all = 0;
	add_items(l, p->findings, f);
	span_text(l->host->now > p->when ? (uint64_t)(l->host->now - p->when) : 0, ago);
	if (n < sizeof(f->what))
		snprintf(f->what + n, sizeof(f->what) - n, "; %s ago %zu pending", ago,
			 count_failing(l));
}

static void say_pass(const struct look *l, size_t n, const struct apt_seen *seen, struct finding *f)
{
	char ago[SPAN_TEXT], others[120], with[80] = "the feed of advisories";
	int64_t now = l->host->now;

	if (seen->n_suites) {
		span_text(now > seen->updated ? (uint64_t)(now - seen->updated) : 0, ago);
		snprintf(with, sizeof(with), "%.40s of %s ago", seen->suites, ago);
	}
	say_others(l, "; ", "", others);
	f->grade = GRADE_PASS;
	snprintf(f->what, sizeof(f->what), "%zu package%s up to date with %s%.66s", n,
		 n == 1 ? " is" : "s are", with, others);
}

/* A feed of another release would call the wrong versions fixed. */
static int check_feed(const struct look *l, struct fault *fault)
{
	_free_ char *text = NULL;
	struct feed_about about;
	struct distro is;
	size_t len;
	int r = io_read(l->host->root, OS_RELEASE, OS_RELEASE_MAX, &text, &len);

	if (r < 0)
		return fault_set(fault, r, "/%s: %s", OS_RELEASE, strerror(-r));
	r = distro_read(text, len, &is, fault);
	if (r < 0)
		return r;
	feed_tell(l->host->feed, &about);
	if (strcmp(about.distro, is.id) || strcmp(about.release, is.release))
		return fault_set(fault, -ENOSYS, "the feed is for %s %s, and this host is %s %s",
				 about.distro, about.release, is.id, is.release);
	return 0;
}

static void doubt(struct look *l, int err)
{
	if (!l->err)
		l->err = err;
}

static int read_sources(struct look *l)
{
	const struct apt_ask ask = {
		.root = l->host->root,
		.lists = APT_LISTS,
		.now = l->host->now,
		.max_age = l->req->with.patches.index_max_age,
		.all = l->req->with.patches.all_updates,
		.feed = l->host->feed,
	};
	const struct feed *feed = l->host->feed;
	bool is_dpkg = inventory_manager(l->inv) == MANAGER_DPKG;

	if (feed && check_feed(l, &l->fault) < 0) {
		doubt(l, -ENOSYS);
		feed = NULL;
	}
	if (is_dpkg)
		doubt(l, apt_read(&ask, l->inv, &l->apt, &l->fault));
	else if (!feed)
		doubt(l, fault_set(&l->fault, -ENOSYS, "no feed of advisories for %s",
				   manager_names[inventory_manager(l->inv)]));
	if (is_dpkg && !l->apt)
		return -ENOMEM;
	return findings_make(l->inv, l->apt, feed, &l->findings);
}

/* Packages that are half done may be so for a moment only. */
static bool is_at_work(const struct look *l)
{
	struct word first;

	return inventory_broken(l->inv, &first) && inventory_manager(l->inv) == MANAGER_DPKG &&
	       dpkg_is_at_work(l->host->root, l->host->now);
}

static void look_afresh(struct look *l)
{
	int r = inventory_read(l->host->root, &l->inv, &l->fault);

	if (r == 0 && is_at_work(l))
		r = fault_set(&l->fault, -EINPROGRESS, "dpkg is at work");
	if (r == 0)
		r = read_sources(l);
	if (r < 0)
		l->err = r;
}

/* Keeps what was found when it is all there is. */
static void remember(struct look *l, const struct trace *trace)
{
	struct patches *p = l->host->patches;
	struct word first;

	if (p)
		p->current = false;
	if (!p || l->err || !l->findings || inventory_broken(l->inv, &first))
		return;
	findings_free(p->findings);
	p->findings = take(l->findings);
	p->when = l->host->now;
	p->current = true;
	p->trace = *trace;
	p->index_max_age = l->req->with.patches.index_max_age;
	p->all = l->req->with.patches.all_updates;
	p->seen = l->apt ? *apt_seen(l->apt) : (struct apt_seen){ 0 };
	inventory_list(l->inv, &p->n_installed);
}

/* Nothing that was read has changed, nor has the time made it too old. */
static bool still_true(const struct patches *p, const struct look *l, const struct trace *trace)
{
	int64_t now = l->host->now;

	return p && p->current && p->index_max_age == l->req->with.patches.index_max_age &&
	       p->all == l->req->with.patches.all_updates && now >= p->when &&
	       now - p->when < READ_AGAIN && (!p->seen.n_suites || now <= p->seen.until) &&
	       trace_same(&p->trace, trace);
}

static void tell(struct look *l, struct finding *f)
{
	const struct patches *p = l->host->patches;
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
	else if (l->err)
		say_unknown(l, f);
	else
		say_pass(l, l->inv ? n : p->n_installed, l->apt ? apt_seen(l->apt) : &p->seen, f);
}

void look_patches(const struct requirement *req, const struct host *host, struct finding *ret)
{
	struct look l = { .req = req, .host = host };
	struct finding f = { .grade = GRADE_UNKNOWN };
	struct trace trace;

	trace_take(host->root, files, sizeof(files) / sizeof(*files), &trace);
	if (!still_true(host->patches, &l, &trace)) {
		look_afresh(&l);
		remember(&l, &trace);
	}
	tell(&l, &f);
	inventory_free(l.inv);
	apt_free(l.apt);
	findings_free(l.findings);
	*ret = f;
}
