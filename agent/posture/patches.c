// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/posture/atwork.h"
#include "agent/posture/dpkg.h"
#include "agent/posture/kernel.h"
#include "agent/posture/patches-look.h"
#include "agent/posture/sources.h"

/* What is changed in place, in a folder whose time stays the same, is seen at last by then. */
#define READ_AGAIN 3600 /* seconds */

struct patches *patches_new(void)
{
	return calloc(1, sizeof(struct patches));
}

struct patches *patches_free(struct patches *p)
{
	for (size_t i = 0; p && i < COUNT(p->kept); i++)
		findings_free(p->kept[i].findings);
	free(p);
	return NULL;
}

void patches_forget(struct patches *p)
{
	for (size_t i = 0; p && i < COUNT(p->kept); i++)
		p->kept[i].current = false;
}

const struct findings *patches_findings(const struct patches *p, int64_t *when)
{
	const struct kept *k = p ? &p->kept[p->last] : NULL;

	if (k && k->findings)
		*when = k->when;
	return k ? k->findings : NULL;
}

const struct findings *patches_of(const struct patches *p, const struct requirement *req)
{
	return p ? p->kept[req->with.patches.all_updates].findings : NULL;
}

/*
 * All that a look reads, with dpkg and without; the list of packages beside REBOOT_REQUIRED
 * grows only when that is written anew.
 */
static const char *const with_dpkg[] = {
	DPKG_STATUS, DPKG_UPDATES,   APT_LISTS,	 APT_PREFERENCES, APT_PREFERENCES_PARTS,
	APT_CONF,    APT_CONF_PARTS, OS_RELEASE, REBOOT_REQUIRED,
};
static const char *const without_dpkg[] = {
	APK_INSTALLED,
	"var/lib/rpm/rpmdb.sqlite",
	"usr/lib/sysimage/rpm/rpmdb.sqlite",
	OS_RELEASE,
	REBOOT_REQUIRED,
};
_Static_assert(COUNT(with_dpkg) <= TRACE_FILES && COUNT(without_dpkg) <= TRACE_FILES,
	       "all are compared");

static void trace_host(int root, struct trace *ret)
{
	trace_take(root, with_dpkg, COUNT(with_dpkg), ret);
	if (ret->files[0].err != -ENOENT)
		return;
	trace_take(root, without_dpkg, COUNT(without_dpkg), ret);
	ret->others = trace_repositories(root);
}

static int find(struct look *l)
{
	const struct sources_ask ask = {
		.root = l->host->root,
		.feed = l->host->feed,
		.now = l->host->now,
		.max_age = l->req->with.patches.index_max_age,
		.all = l->req->with.patches.all_updates,
	};

	return sources_find(&ask, l->inv, &l->seen, &l->findings, &l->fault);
}

/* Packages that are half done may be so for a moment only. */
static bool is_at_work(const struct look *l)
{
	struct word first;

	return inventory_broken(l->inv, &first) && inventory_manager(l->inv) == MANAGER_DPKG &&
	       dpkg_is_at_work(l->host->root, l->host->now);
}

/* Lists that cannot be read, are not all there or do not fit may be so for a moment only. */
static bool is_fetching(const struct look *l, int err)
{
	return (err == -EACCES || err == -EAGAIN || err == -ENOENT || err == -EBADMSG) &&
	       inventory_manager(l->inv) == MANAGER_DPKG &&
	       apt_is_at_work(l->host->root, l->host->now);
}

static int find_all(struct look *l)
{
	int r = find(l);

	if (r == 0 || !is_fetching(l, r))
		return r;
	/* What half of the lists say is no more than was known before. */
	l->findings = findings_free(l->findings);
	l->fault = (struct fault){ 0 };
	return fault_set(&l->fault, -EINPROGRESS, "apt is fetching its package lists");
}

static void look_afresh(struct look *l)
{
	int r = inventory_read(l->host->root, &l->inv, &l->fault);

	if (r == 0 && is_at_work(l))
		r = fault_set(&l->fault, -EINPROGRESS, "dpkg is at work");
	if (r == 0)
		r = find_all(l);
	l->err = r;
	if (l->findings)
		look_doubt(l, patches_wait(l));
}

/* Keeps what was found when it is all there is. */
static void remember(struct look *l, const struct trace *trace)
{
	struct kept *k = l->kept;
	struct word first;

	if (!k)
		return;
	/* What is too old for one requirement may do for another. */
	k->current = k->current && l->err == -ESTALE;
	if (l->err || !l->findings || inventory_broken(l->inv, &first))
		return;
	findings_free(k->findings);
	k->findings = take(l->findings);
	k->when = k->confirmed = l->host->now;
	k->current = true;
	k->kernel = l->kernel;
	k->trace = *trace;
	k->seen = l->seen;
	inventory_list(l->inv, &k->n_installed);
	k->manager = inventory_manager(l->inv);
	l->host->patches->last = (size_t)(k - l->host->patches->kept);
}

/* Nothing that was read has changed, nor has the time made it too old. */
static bool still_true(const struct look *l, const struct trace *trace)
{
	uint64_t max_age = l->req->with.patches.index_max_age;
	const struct kept *k = l->kept;
	int64_t now = l->host->now;

	return k && k->current && now >= k->when && now - k->when < READ_AGAIN &&
	       (!k->seen.n || now <= seen_until(&k->seen, max_age)) && trace_same(&k->trace, trace);
}

void look_patches(const struct requirement *req, const struct host *host, struct finding *ret)
{
	struct patches *p = host->patches;
	struct look l = { .req = req, .host = host };
	struct finding f = { .grade = GRADE_UNKNOWN };
	struct trace trace;

	l.kept = p ? &p->kept[req->with.patches.all_updates] : NULL;
	trace_host(host->root, &trace);
	if (still_true(&l, &trace)) {
		l.kept->confirmed = host->now;
	} else {
		look_afresh(&l);
		remember(&l, &trace);
	}
	patches_tell(&l, &f);
	patches_tell_waits(&l, &f);
	inventory_free(l.inv);
	findings_free(l.findings);
	*ret = f;
}
