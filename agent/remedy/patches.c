// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/sources.h"
#include "agent/remedy/demand.h"
#include "agent/remedy/packager.h"
#include "agent/remedy/remedy.h"
#include "agent/remedy/updates.h"

#define INDEX_MAX_AGE 86400 /* seconds; they were just fetched */
#define INSTALL_LIMIT 3600  /* seconds */
#define UNFETCHED_MAX 10    /* attempts: without a network each of them waits for a minute */

DEFINE_DROP(inventory, inventory_free)
DEFINE_DROP(findings, findings_free)

static void demand_clear(struct demand_patches *d)
{
	feed_unmap(d->feed);
}

/* The rows that are to be installed; they point into the findings. */
struct chosen {
	const struct patch **rows;
	size_t n;
};

static void chosen_clear(struct chosen *c)
{
	free(c->rows);
}

/* Exactly what a look would call missing: other updates are nobody's order. */
static int choose(const struct findings *found, struct chosen *ret)
{
	size_t n;
	const struct patch *rows = findings_list(found, &n);

	ret->rows = calloc(n + 1, sizeof(*ret->rows));
	if (!ret->rows)
		return -ENOMEM;
	/* No name begins with a hyphen (deb-control(5)): it would be taken for an option. */
	for (size_t i = 0; i < n; i++)
		if (rows[i].state == PATCH_AVAILABLE && isalnum((unsigned char)*rows[i].package))
			ret->rows[ret->n++] = &rows[i];
	return 0;
}

/* A command line: its fixed beginning, then packages, which are owned. */
struct command {
	char **argv;
	size_t n, n_fixed;
};

static void command_clear(struct command *c)
{
	for (size_t i = c->n_fixed; i < c->n; i++)
		free(c->argv[i]);
	free(c->argv);
}

static int command_fill(struct command *c, const struct packager *with,
			const struct patch *const *rows, size_t n)
{
	const char *const *fixed = with->update;

	while (fixed[c->n_fixed])
		c->n_fixed++;
	c->argv = calloc(c->n_fixed + n + 1, sizeof(*c->argv));
	if (!c->argv)
		return -ENOMEM;
	for (; c->n < c->n_fixed; c->n++)
		c->argv[c->n] = (char *)fixed[c->n];
	for (size_t i = 0; i < n; i++, c->n++)
		if (with->spell(rows[i], &c->argv[c->n]) < 0)
			return -ENOMEM;
	return 0;
}

struct installing {
	const struct packager *with;
	struct report *report;
	unsigned unfetched; /* attempts that failed since something could not be fetched */
};

static bool is_hopeless(struct installing *in, int err, const struct fault *fault)
{
	for (const char *const *text = in->with->unfetched; *text; text++)
		in->unfetched += strstr(fault->why, *text) != NULL;
	return err == -ETIMEDOUT || in->unfetched == UNFETCHED_MAX;
}

static int install(void *ctx, const struct patch *const *rows, size_t n, struct fault *fault)
{
	_drop_(command_clear) struct command c = { 0 };
	struct installing *in = ctx;
	char text[200];
	int r = command_fill(&c, in->with, rows, n);

	if (r < 0)
		return fault_set(fault, r, "%s", strerror(-r));
	if (n == 1)
		snprintf(text, sizeof(text), "installing %s", c.argv[c.n_fixed]);
	else
		snprintf(text, sizeof(text), "installing %zu updates", n);
	report_line(in->report, "+ ", text);
	r = step_exec((const char *const *)c.argv, INSTALL_LIMIT, in->report, fault);
	return r < 0 && is_hopeless(in, r, fault) ? -ECANCELED : r;
}

static bool is_installed(const struct inventory *inv, const struct patch *p)
{
	const struct word name = { p->package, strlen(p->package) };
	size_t at = 0, i, n;
	const struct package *all = inventory_list(inv, &n);

	while ((i = inventory_find(inv, name, &at)) != INVENTORY_END)
		if (word_is(all[i].arch, p->arch, strlen(p->arch)) &&
		    word_is(all[i].version, p->fixed, strlen(p->fixed)))
			return true;
	return false;
}

static size_t pending(void *ctx, const struct patch **rows, size_t n)
{
	_drop_(drop_inventory) struct inventory *inv = NULL;
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t left = 0;

	(void)ctx;
	if (inventory_read(root, &inv, NULL) < 0 || inventory_index(inv) < 0)
		return n;
	for (size_t i = 0; i < n; i++)
		if (!is_installed(inv, rows[i]))
			rows[left++] = rows[i];
	return left;
}

/* What is known to be missing is found, even when there may be more: then *err says why. */
static int find_pending(struct findings **ret, int *err, struct report *report, struct fault *fault)
{
	_drop_(drop_inventory) struct inventory *inv = NULL;
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_drop_(demand_clear) struct demand_patches demand = { 0 };
	struct seen seen;
	struct sources_ask ask = { .root = root, .now = io_now(), .max_age = INDEX_MAX_AGE };
	int r = demand_patches(root, &demand, fault);

	if (r == 0)
		r = inventory_read(root, &inv, fault);
	if (r < 0)
		return r;
	if (*demand.doubt.why)
		report_line(report, "  without a feed: ", demand.doubt.why);
	ask.feed = demand.feed;
	ask.all = demand.all;
	*err = sources_find(&ask, inv, &seen, ret, fault);
	return *ret ? 0 : *err;
}

/* dpkg and rpm give up at what chattr(1) keeps as it is. */
static void unlock(const struct packager *with, const struct chosen *c, struct report *report)
{
	for (size_t i = 0; i < c->n; i++)
		packager_unlock(with, c->rows[i]->package, c->rows[i]->arch, report);
}

/* The number of updates, all of which are installed; or an error. */
static int install_found(const struct packager *with, struct report *report, struct fault *fault)
{
	struct installing in = { with, report, 0 };
	const struct updates_ways ways = { install, pending, &in };
	_drop_(drop_findings) struct findings *found = NULL;
	_drop_(chosen_clear) struct chosen c = { 0 };
	struct fault own = { 0 };
	int err = 0, r = find_pending(&found, &err, report, &own);

	if (r == 0)
		r = choose(found, &c);
	if (r < 0)
		return fault_set(fault, r, "cannot list the updates: %s",
				 *own.why ? own.why : strerror(-r));
	if (!c.n)
		return err < 0 ? fault_set(fault, err, "%s", own.why) : 0;
	unlock(with, &c, report);
	r = updates_install(&ways, c.rows, c.n, fault);
	return r < 0 ? r : (int)c.n;
}

/* What failed before did not matter when there were updates and all of them are installed. */
static int install_pending(const struct packager *with, struct report *report, struct fault *fault)
{
	struct fault own = { 0 };
	int r = install_found(with, report, &own);

	if (r > 0)
		return 0;
	if (!report->owed)
		return r < 0 ? fault_set(fault, r, "%s", own.why) : 0;
	if (r == 0)
		return fault_set(fault, report->owed, "%s", report->owing.why);
	return fault_set(fault, r, "%.110s; before that, %s", own.why, report->owing.why);
}

static int install_patches(struct report *report, struct fault *fault)
{
	const struct packager *with = packager_find(fault);
	int r = with ? steps_run(with->repair, report, fault) : -ENOENT;

	return r < 0 ? r : install_pending(with, report, fault);
}

const struct step steps_patches_install[] = { { .call = install_patches }, { 0 } };
