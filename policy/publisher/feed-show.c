// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/json.h"
#include "policy/publisher/feed-show.h"
#include "policy/stamp.h"

struct counts {
	size_t states[ADVISORY_STATES], severities[SEVERITIES];
};

static struct counts count(const struct feed *f)
{
	struct counts c = { 0 };
	enum package_kind kind;
	struct feed_walk w;
	struct advisory a;
	const char *name;

	for (size_t i = 0; feed_package(f, i, &name, &kind, &w); i++)
		while (feed_next(&w, &a)) {
			c.states[a.state]++;
			c.severities[a.severity]++;
		}
	return c;
}

static const char *day(int64_t at, char text[STAMP_TEXT])
{
	if (!at || stamp_write(at, text) < 0)
		return "-";
	text[10] = '\0';
	return text;
}

static void say_counts(const size_t *counts, const char *const *names, size_t n)
{
	const char *comma = "";

	for (size_t i = 0; i < n; i++) {
		if (!counts[i])
			continue;
		printf("%s%zu %s", comma, counts[i], names[i]);
		comma = ", ";
	}
}

void feed_say(const struct feed *f, const char *path, size_t len, const struct import *m)
{
	struct counts c = count(f);
	char date[STAMP_TEXT];
	struct feed_about a;

	feed_tell(f, &a);
	printf("%s: %s %s of %s, %zu advisories of %zu packages, %zu bytes\n", path, a.distro,
	       a.release, a.date ? day(a.date, date) : "no date", a.n_advisories, a.n_packages,
	       len);
	printf("states: ");
	say_counts(c.states, advisory_state_names, ADVISORY_STATES);
	printf("\nseverities: ");
	say_counts(c.severities, severity_names, SEVERITIES);
	printf("\n");
	for (size_t i = 0; i < LEFT_COUNT; i++)
		if (m->left[i].n)
			printf("left out: %zu %s, the first one %s\n", m->left[i].n, left_names[i],
			       m->left[i].first);
}

static json_t *pack_counts(const size_t *counts, const char *const *names, size_t n)
{
	json_t *object = json_object();

	for (size_t i = 0; i < n; i++)
		json_object_set_new(object, names[i], json_integer((json_int_t)counts[i]));
	return object;
}

static json_t *pack_left(const struct import *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < LEFT_COUNT; i++)
		if (m->left[i].n)
			json_array_append_new(list,
					      json_pack("{s:s, s:I, s:s}", "why", left_names[i],
							"count", (json_int_t)m->left[i].n, "first",
							m->left[i].first));
	return list;
}

void feed_say_json(const struct feed *f, const char *path, size_t len, const struct import *m)
{
	struct counts c = count(f);
	struct feed_about a;
	json_t *all;

	feed_tell(f, &a);
	all = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "file", path,
			"distro", a.distro, "release", a.release, "date", (json_int_t)a.date,
			"bytes", (json_int_t)len, "packages", (json_int_t)a.n_packages,
			"advisories", (json_int_t)a.n_advisories, "states",
			pack_counts(c.states, advisory_state_names, ADVISORY_STATES), "severities",
			pack_counts(c.severities, severity_names, SEVERITIES), "left_out",
			pack_left(m));
	json_dumpf(all, stdout, JSON_INDENT(1));
	printf("\n");
	json_decref(all);
}

static void show_advisory(const char *package, enum package_kind kind, const struct advisory *a)
{
	char date[STAMP_TEXT];

	printf("%s %s %s %s %s %s", package, package_kind_names[kind], a->id,
	       advisory_state_names[a->state], severity_names[a->severity],
	       day(a->published, date));
	if (*a->introduced)
		printf(" from %s", a->introduced);
	if (*a->fixed)
		printf(" fixed %s", a->fixed);
	if (*a->last)
		printf(" last %s", a->last);
	printf("%s%s%s\n", *a->also ? " (" : "", a->also, *a->also ? ")" : "");
}

static void show_walk(const char *package, enum package_kind kind, struct feed_walk w)
{
	struct advisory a;

	while (feed_next(&w, &a))
		show_advisory(package, kind, &a);
}

static void show_all(const struct feed *f)
{
	enum package_kind kind;
	struct feed_walk w;
	const char *name;

	for (size_t i = 0; feed_package(f, i, &name, &kind, &w); i++)
		show_walk(name, kind, w);
}

/* 1 when the feed says nothing of it, as grep would. */
static int show_one(const struct feed *f, const char *package)
{
	struct feed_walk w;
	int status = 1;

	for (int kind = 0; kind < PACKAGE_KINDS; kind++)
		if (feed_find(f, (enum package_kind)kind, package, strlen(package), &w)) {
			show_walk(package, (enum package_kind)kind, w);
			status = 0;
		}
	return status;
}

DEFINE_DROP(feed, feed_unmap)

int feed_show(const char *path, char **packages)
{
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	_drop_(drop_feed) struct feed *f = NULL;
	struct fault fault = { 0 };
	int status = 0, r;

	r = fd < 0 ? -errno : feed_map(fd, &f, &fault);
	if (r == 0)
		r = feed_check(f, &fault);
	if (r < 0) {
		fprintf(stderr, "lazaret-policy feed: %s: %s\n", path,
			*fault.why ? fault.why : strerror(-r));
		return 1;
	}
	if (!*packages)
		show_all(f);
	for (; *packages; packages++)
		status |= show_one(f, *packages);
	return status;
}
