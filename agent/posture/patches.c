// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>

#include "agent/base/cleanup.h"
#include "agent/base/span.h"
#include "agent/posture/apt.h"
#include "agent/posture/dpkg.h"
#include "agent/posture/posture.h"

DEFINE_DROP(packages, dpkg_free)

static void say_broken(const struct packages *p, struct finding *f)
{
	struct word first;
	size_t n = dpkg_broken(p, &first);

	f->grade = GRADE_FAIL;
	f->n_all = n;
	snprintf(f->what, sizeof(f->what),
		 "dpkg was interrupted or is at work: %.*s%s not complete", (int)first.len, first.p,
		 n > 1 ? " and others are" : " is");
	snprintf(f->todo, sizeof(f->todo), "complete it: dpkg --configure -a");
}

/* The first ones as items; how many there are in all. */
static size_t add_items(const struct packages *p, bool held, struct finding *f)
{
	size_t n, count = 0;
	const struct package *rows = dpkg_list(p, &n);

	for (const struct package *row = rows; row < rows + n; row++) {
		if (!row->offered.p || row->held != held)
			continue;
		count++;
		if (f->n_items < FINDING_ITEMS)
			snprintf(f->items[f->n_items++], sizeof(f->items[0]), "%.*s %.*s -> %.*s%s",
				 (int)row->name.len, row->name.p, (int)row->version.len,
				 row->version.p, (int)row->offered.len, row->offered.p,
				 held ? " (held)" : "");
	}
	f->n_all += count;
	return count;
}

static void say_pending(size_t pending, size_t held, struct finding *f)
{
	char more[40] = "";

	if (held)
		snprintf(more, sizeof(more), ", %zu more held back", held);
	f->grade = GRADE_FAIL;
	snprintf(f->what, sizeof(f->what), "%zu security update%s pending%s", pending,
		 pending == 1 ? " is" : "s are", more);
	snprintf(f->todo, sizeof(f->todo), "install them: apt-get update && apt-get upgrade");
}

static void say_unknown(int err, const struct fault *fault, struct finding *f)
{
	static const struct {
		int err;
		const char *todo;
	} rows[] = {
		{ -ENOENT,
		  "add the security suite of this release to apt's sources, then: apt-get update" },
		{ -ENODATA, "name the release in /etc/os-release: VERSION_CODENAME=bookworm" },
		{ -ETIME, "see that this host's clock is right, then: apt-get update" },
		{ -EOPNOTSUPP, "put Acquire::GzipIndexes \"false\"; into a file in "
			       "/etc/apt/apt.conf.d, then: apt-get update" },
		{ 0, "apt-get update" },
	};
	size_t i = 0;

	while (rows[i].err && rows[i].err != err)
		i++;
	snprintf(f->what, sizeof(f->what), "%.*s", (int)sizeof(f->what) - 1, fault->why);
	snprintf(f->todo, sizeof(f->todo), "%s", rows[i].todo);
}

static void say_pass(const struct packages *p, const struct apt_seen *seen, size_t held,
		     int64_t now, struct finding *f)
{
	char ago[SPAN_TEXT], more[40] = "";
	size_t n;

	dpkg_list(p, &n);
	span_text(now > seen->updated ? (uint64_t)(now - seen->updated) : 0, ago);
	if (held)
		snprintf(more, sizeof(more), "; %zu held back", held);
	f->grade = GRADE_PASS;
	snprintf(f->what, sizeof(f->what), "%zu package%s up to date with %.80s of %s ago%s", n,
		 n == 1 ? " is" : "s are", seen->suites, ago, more);
}

void look_patches(const struct requirement *req, const struct host *host, struct finding *ret)
{
	_drop_(drop_packages) struct packages *p = NULL;
	struct finding f = { .grade = GRADE_UNKNOWN };
	struct apt_seen seen = { 0 };
	struct fault fault = { 0 };
	size_t pending = 0, held = 0;
	struct word first;
	int err = dpkg_read(host->root, &p, &fault);

	if (err < 0) {
		snprintf(f.what, sizeof(f.what), "%.*s", (int)sizeof(f.what) - 1, fault.why);
		snprintf(f.todo, sizeof(f.todo), "see: dpkg --audit");
	} else if (dpkg_broken(p, &first)) {
		say_broken(p, &f);
	} else {
		err = apt_offer(host->root, host->now, req->with.patches.index_max_age, p, &seen,
				&fault);
		pending = add_items(p, false, &f);
		held = add_items(p, true, &f);
		/* What is known to be missing is missing, whatever else is not known. */
		if (pending)
			say_pending(pending, held, &f);
		else if (err < 0)
			say_unknown(err, &fault, &f);
		else
			say_pass(p, &seen, held, host->now, &f);
	}
	*ret = f;
}
