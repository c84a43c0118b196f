// SPDX-License-Identifier: GPL-2.0-or-later
/* The rows of what only a restart of the host completes. */
#include <fcntl.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/installed.h"
#include "agent/posture/kernel.h"

#define REQUIRED_MAX  65536
#define REQUIRED_ROWS 32

/* The one of that version, of which some managers have several; else any of that name. */
static const struct package *find(const struct inventory *inv, struct word name,
				  const char *version)
{
	const struct package *found = NULL;
	size_t n;
	const struct package *rows = inventory_list(inv, &n);

	for (size_t i = 0; i < n; i++) {
		if (!word_same(rows[i].name, name))
			continue;
		if (!version || word_is(rows[i].version, version, strlen(version)))
			return &rows[i];
		found = &rows[i];
	}
	return found;
}

static bool begins(struct word w, const char *with)
{
	return w.len >= strlen(with) && !memcmp(w.p, with, strlen(with));
}

/* Each is named once, and a kernel only by itself: its row says more. */
static bool is_told(const char *text, struct word name)
{
	for (const char *at = text; at < name.p; at += strcspn(at, "\n") + 1)
		if (strcspn(at, "\n") == name.len && !memcmp(at, name.p, name.len))
			return true;
	return begins(name, "linux-image-") || begins(name, "linux-base");
}

/* What rows are made of. */
struct adding {
	int root;
	const struct inventory *inv;
	const struct feed *feed;
	struct findings *findings;
};

static int add(const struct adding *to, const struct package *p, struct word runs,
	       struct patch *row)
{
	char ids[INSTALLED_IDS];

	row->state = PATCH_RESTART;
	row->reboot = true;
	if (p)
		installed_rate(to->root, to->feed, p, runs, ids, row);
	return findings_add(to->findings, row);
}

static int add_required(const struct adding *to, const char *text)
{
	size_t added = 0;
	int r = 0;

	for (const char *at = text; *at && r == 0 && added < REQUIRED_ROWS;) {
		struct word name = { at, strcspn(at, "\n") };
		const struct package *p = name.len ? find(to->inv, name, NULL) : NULL;
		struct patch row = { .why = "it asks for a reboot in /" REBOOT_REQUIRED };

		at += name.len + (at[name.len] == '\n');
		if (!p || is_told(text, name))
			continue;
		added++;
		row.package = p->name.p;
		row.arch = p->arch.p;
		row.installed = row.fixed = p->version.p;
		r = add(to, p, (struct word){ 0 }, &row);
	}
	return r;
}

static int add_kernel(const struct adding *to, const struct kernel *k)
{
	const struct word name = { k->package, strlen(k->package) };
	const struct word runs = { k->runs, strlen(k->runs) };
	struct patch row = {
		.package = k->package, .installed = k->running, .fixed = k->version, .why = k->why
	};

	return add(to, find(to->inv, name, k->version), runs, &row);
}

int kernel_add(int root, const struct kernel *k, const struct inventory *inv,
	       const struct feed *feed, struct findings *f)
{
	const struct adding to = { root, inv, feed, f };
	_free_ char *text = NULL;
	size_t len;
	int r = 0;

	if (k && k->state == KERNEL_OLD)
		r = add_kernel(&to, k);
	if (r == 0 && io_read(root, REBOOT_REQUIRED_PKGS, REQUIRED_MAX, &text, &len) == 0)
		r = add_required(&to, text);
	/* Who wrote the one without the other names nothing, and means it all the same. */
	if (r == 0 && !text && faccessat(root, REBOOT_REQUIRED, F_OK, 0) == 0)
		r = add(&to, NULL, (struct word){ 0 },
			&(struct patch){ .package = "reboot-required",
					 .why = "/" REBOOT_REQUIRED
						" is there, and names no package" });
	return r;
}
