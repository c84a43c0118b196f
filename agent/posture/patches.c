// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/dpkg.h"
#include "agent/posture/patches-look.h"
#include "policy/distro.h"

/* What is changed in place, in a folder whose time stays the same, is seen at last by then. */
#define READ_AGAIN 3600 /* seconds */

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

const struct findings *patches_of(const struct patches *p, const struct requirement *req)
{
	return p && p->all == req->with.patches.all_updates ? p->findings : NULL;
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
	patches_tell(&l, &f);
	inventory_free(l.inv);
	apt_free(l.apt);
	findings_free(l.findings);
	*ret = f;
}
