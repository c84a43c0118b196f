// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/apt.h"
#include "agent/posture/dpkg.h"
#include "agent/remedy/apt.h"
#include "agent/remedy/remedy.h"

#define INDEX_MAX_AGE 86400 /* seconds; they were just fetched */
#define INSTALL_LIMIT 3600  /* seconds */

DEFINE_DROP(packages, dpkg_free)

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

static int command_add(struct command *c, const struct package *p)
{
	char *text;

	/* No name begins with a hyphen (deb-control(5)); apt-get would take it for an option. */
	if (!isalnum((unsigned char)*p->name.p) || c->n + 1 >= c->room)
		return 0;
	if (asprintf(&text, "%.*s:%.*s=%.*s", (int)p->name.len, p->name.p, (int)p->arch.len,
		     p->arch.p, (int)p->offered.len, p->offered.p) < 0)
		return -ENOMEM;
	c->argv[c->n++] = text;
	return 0;
}

/* apt-get with exactly what a look would call missing: other updates are nobody's order. */
static int command_fill(struct command *c, const struct packages *p)
{
	const char *const *fixed = STEP_ARGV("/usr/bin/apt-get", "-q", "-y", APT_OPTIONS,
					     "--no-remove", "--only-upgrade", "install");
	size_t n;
	const struct package *rows = dpkg_list(p, &n);
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
		if (rows[i].offered.p && !rows[i].held)
			r = command_add(c, &rows[i]);
	return r;
}

static int install_pending(struct report *report, struct fault *fault)
{
	_drop_(drop_packages) struct packages *p = NULL;
	_drop_(command_clear) struct command c = { 0 };
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct fault doubt = { 0 };
	struct apt_seen seen;
	char text[80];
	int err, r = dpkg_read(root, &p, fault);

	if (r < 0)
		return r;
	/* What is known to be missing is installed, even when there may be more. */
	err = apt_offer(root, io_now(), INDEX_MAX_AGE, p, &seen, &doubt);
	r = command_fill(&c, p);
	if (r < 0)
		return fault_set(fault, r, "no memory for the list of updates");
	if (c.n == c.n_fixed)
		return err < 0 ? fault_set(fault, err, "%s", doubt.why) : 0;
	snprintf(text, sizeof(text), "installing %zu security updates", c.n - c.n_fixed);
	report_line(report, "+ ", text);
	return step_exec((const char *const *)c.argv, INSTALL_LIMIT, report, fault);
}

const struct step steps_patches_install[] = {
	{ .call = apt_await_locks },
	{ .say = "finishing what dpkg left half done", .limit_s = 900, .argv = APT_CONFIGURE },
	{ .say = "making room for lists that can be read", .call = apt_drop_compressed },
	{ .say = "fetching the package lists", .limit_s = 300, .argv = APT_UPDATE },
	/* Packages that were cut off while they were unpacked want to be unpacked again. */
	{ .limit_s = 900,
	  .may_fail = true,
	  .argv = STEP_ARGV("/usr/bin/apt-get", "-q", "-y", APT_OPTIONS, "--no-remove",
			    "--fix-broken", "install") },
	{ .call = install_pending },
	{ 0 },
};
