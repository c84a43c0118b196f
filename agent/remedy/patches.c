// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/sources.h"
#include "agent/remedy/apt.h"
#include "agent/remedy/demand.h"
#include "agent/remedy/remedy.h"

#define INDEX_MAX_AGE 86400 /* seconds; they were just fetched */
#define INSTALL_LIMIT 3600  /* seconds */

DEFINE_DROP(inventory, inventory_free)
DEFINE_DROP(findings, findings_free)

static void demand_clear(struct demand_patches *d)
{
	feed_unmap(d->feed);
}

/* A command line under construction: its fixed beginning, then packages. */
struct command {
	char **argv;
	size_t n, n_fixed, room;
};

static void command_clear(struct command *c)
{
	for (size_t i = c->n_fixed; i < c->n; i++)
		free(c->argv[i]);
	free(c->argv);
}

static int command_add(struct command *c, const struct patch *p)
{
	char *text;

	/* No name begins with a hyphen (deb-control(5)); apt-get would take it for an option. */
	if (!isalnum((unsigned char)*p->package) || c->n + 1 >= c->room)
		return 0;
	if (asprintf(&text, "%s:%s=%s", p->package, p->arch, p->fixed) < 0)
		return -ENOMEM;
	c->argv[c->n++] = text;
	return 0;
}

/* apt-get with exactly what a look would call missing: other updates are nobody's order. */
static int command_fill(struct command *c, const struct findings *found)
{
	const char *const *fixed = STEP_ARGV("/usr/bin/apt-get", "-q", "-y", APT_OPTIONS,
					     "--no-remove", "--only-upgrade", "install");
	size_t n;
	const struct patch *rows = findings_list(found, &n);
	int r = 0;

	while (fixed[c->n_fixed])
		c->n_fixed++;
	c->room = c->n_fixed + n + 1;
	c->argv = calloc(c->room, sizeof(*c->argv));
	if (!c->argv)
		return -ENOMEM;
	for (; c->n < c->n_fixed; c->n++)
		c->argv[c->n] = (char *)fixed[c->n];
	for (size_t i = 0; i < n && r == 0; i++)
		if (rows[i].state == PATCH_AVAILABLE)
			r = command_add(c, &rows[i]);
	return r;
}

/* What is known to be missing is found, even when there may be more: then *err says why. */
static int find_pending(struct findings **ret, int *err, struct report *report, struct fault *doubt,
			struct fault *fault)
{
	_drop_(drop_inventory) struct inventory *inv = NULL;
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_drop_(demand_clear) struct demand_patches demand = { 0 };
	struct seen seen;
	struct sources_ask ask = { .root = root, .now = io_now(), .max_age = INDEX_MAX_AGE };
	int r = demand_patches(root, &demand, fault);

	if (r == 0)
		r = dpkg_read(root, &inv, fault);
	if (r < 0)
		return r;
	if (*demand.doubt.why)
		report_line(report, "  without a feed: ", demand.doubt.why);
	ask.feed = demand.feed;
	ask.all = demand.all;
	*err = sources_find(&ask, inv, &seen, ret, doubt);
	return *ret ? 0 : *err;
}

static int install_pending(struct report *report, struct fault *fault)
{
	_drop_(drop_findings) struct findings *found = NULL;
	_drop_(command_clear) struct command c = { 0 };
	struct fault doubt = { 0 };
	char text[80];
	int err = 0, r = find_pending(&found, &err, report, &doubt, fault);

	if (r == 0)
		r = command_fill(&c, found);
	if (r < 0)
		return fault_set(fault, r, "cannot list the updates: %s", strerror(-r));
	if (c.n == c.n_fixed)
		return err < 0 ? fault_set(fault, err, "%s", doubt.why) : 0;
	snprintf(text, sizeof(text), "installing %zu updates", c.n - c.n_fixed);
	report_line(report, "+ ", text);
	return step_exec((const char *const *)c.argv, INSTALL_LIMIT, report, fault);
}

static int unpack_again(struct report *report, struct fault *fault)
{
	return apt_unpack_again(STEP_ARGV(NULL), report, fault);
}

const struct step steps_patches_install[] = {
	{ .call = apt_make_room, .may_fail = true },
	/* What depends on a package that was cut off cannot be configured before that is whole. */
	{ .say = "finishing what dpkg left half done", .call = apt_configure, .may_fail = true },
	{ .call = apt_drop_damaged },
	{ .say = "fetching the package lists", .call = apt_update },
	{ .call = unpack_again, .may_fail = true },
	{ .limit_s = 900,
	  .may_fail = true,
	  .argv = STEP_ARGV("/usr/bin/apt-get", "-q", "-y", APT_OPTIONS, "--no-remove",
			    "--fix-broken", "install") },
	{ .call = apt_configure },
	{ .call = install_pending },
	{ 0 },
};
