// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/posture/findings.h"
#include "agent/posture/installed.h"
#include "agent/posture/inventory.h"
#include "agent/posture/running.h"

#define WHY_MAX	   200
#define UNITS_TOLD 120 /* bytes; behind them the others' number */

/* systemd's names (systemd.unit(5)); what has others is nothing we would pass to systemctl. */
#define UNIT_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:-_.\\@"

static bool ends_with(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len > n && !memcmp(text + len - n, end, n);
}

/* The first unit below the slices: what it has below itself is its own affair. */
static bool unit_of_path(const char *path, size_t len, char unit[RUNNING_UNIT])
{
	for (const char *at = path, *stop; at < path + len; at = stop + 1) {
		size_t n;

		stop = memchr(at, '/', (size_t)(path + len - at));
		stop = stop ? stop : path + len;
		n = (size_t)(stop - at);
		if (!ends_with(at, n, ".service") && !ends_with(at, n, ".scope"))
			continue;
		if (n >= RUNNING_UNIT)
			return false;
		memcpy(unit, at, n);
		unit[n] = '\0';
		return strspn(unit, UNIT_CHARS) == n && *unit != '-';
	}
	return false;
}

void running_unit(const char *cgroup, char unit[RUNNING_UNIT])
{
	for (const char *line = cgroup; line && *line; line = strchr(line, '\n')) {
		const char *path;
		size_t len;

		line += *line == '\n';
		len = strcspn(line, "\n");
		path = memchr(line, '/', len);
		/* cgroups(7): the unified tree is "0::", systemd's own of v1 "N:name=systemd:". */
		if (!path || (strncmp(line, "0::", 3) && !memmem(line, len, ":name=systemd:", 14)))
			continue;
		if (unit_of_path(path, len - (size_t)(path - line), unit))
			return;
	}
	memcpy(unit, "-", 2);
}

void running_say(const struct running *r, const struct running_row *row, char line[RUNNING_LINE])
{
	if (row)
		snprintf(line, RUNNING_LINE, "runs %s %s %u %s", row->unit, row->package,
			 row->processes, row->path);
	else
		snprintf(line, RUNNING_LINE, "ran %zu %zu %zu", r->unread, r->contained, r->more);
}

bool running_hear(struct running *r, const char *line)
{
	struct running_row row = { 0 };

	_Static_assert(RUNNING_UNIT == 96 && OWNER_PACKAGE_MAX == 96 && OWNER_PATH_MAX == 160,
		       "the widths below");
	if (sscanf(line, "ran %zu %zu %zu", &r->unread, &r->contained, &r->more) == 3) {
		r->whole = true;
		return true;
	}
	if (sscanf(line, "runs %95s %95s %u %159[^\n]", row.unit, row.package, &row.processes,
		   row.path) != 4)
		return false;
	if (r->n == RUNNING_ROWS)
		r->more++;
	else
		r->rows[r->n++] = row;
	return true;
}

bool running_saw_all(const struct running *r)
{
	return r->whole && !r->unread && !r->more;
}

bool running_same(const struct running *a, const struct running *b)
{
	if (a->n != b->n || a->whole != b->whole || !a->unread != !b->unread || !a->more != !b->more)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->rows[i].unit, b->rows[i].unit) ||
		    strcmp(a->rows[i].package, b->rows[i].package))
			return false;
	return true;
}

/* "nginx.service, ssh.service and 3 more run what it was before" */
static void say_units(const struct running *r, const char *package, char why[WHY_MAX])
{
	size_t len = 0, n = 0, more = 0;

	for (size_t i = 0; i < r->n; i++) {
		const char *unit = r->rows[i].unit;

		if (strcmp(r->rows[i].package, package))
			continue;
		n++;
		if (len + strlen(unit) > UNITS_TOLD)
			more++;
		else
			len += (size_t)snprintf(why + len, WHY_MAX - len, "%s%s", len ? ", " : "",
						strcmp(unit, "-") ? unit : "a process of no unit");
	}
	if (more)
		len += (size_t)snprintf(why + len, WHY_MAX - len, " and %zu more", more);
	snprintf(why + len, WHY_MAX - len, " run%s what it was before", n > 1 ? "" : "s");
}

static const struct package *find(const struct inventory *inv, const char *name)
{
	size_t n;
	const struct package *rows = inventory_list(inv, &n);

	for (size_t i = 0; i < n; i++)
		if (word_is(rows[i].name, name, strlen(name)))
			return &rows[i];
	return NULL;
}

static bool was_before(const struct running *r, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (!strcmp(r->rows[i].package, r->rows[at].package))
			return true;
	return false;
}

static int add(int root, const struct package *p, const struct feed *feed, const char *why,
	       struct findings *f)
{
	struct patch row = { .package = p->name.p,
			     .arch = p->arch.p,
			     .installed = p->version.p,
			     .fixed = p->version.p,
			     .why = why,
			     .state = PATCH_RESTART };
	char ids[INSTALLED_IDS];

	installed_rate(root, feed, p, (struct word){ 0 }, ids, &row);
	return findings_add(f, &row);
}

int running_add(int root, const struct running *r, const struct inventory *inv,
		const struct feed *feed, struct findings *f)
{
	int err = 0;

	for (size_t i = 0; i < r->n && err == 0; i++) {
		const struct package *p = find(inv, r->rows[i].package);
		char why[WHY_MAX] = "";

		if (!p || was_before(r, i))
			continue;
		say_units(r, r->rows[i].package, why);
		err = add(root, p, feed, why, f);
	}
	return err;
}
