/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents of feeds that are made up, and what a host finds by them. */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/publisher/feed-import.h"
#include "tests/unit/test.h"

/* A line an advisory: "PACKAGE KIND ID STATE SEVERITY INTRODUCED FIXED LAST ALSO". */
static void dump(const struct feed *f, char *out, size_t room)
{
	enum package_kind kind;
	struct feed_walk w;
	struct advisory a;
	const char *name;
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; feed_package(f, i, &name, &kind, &w); i++)
		while (feed_next(&w, &a)) {
			n += (size_t)snprintf(out + n, room - n, "%s %c %s %s %s [%s,%s,%s] %s\n",
					      name, *package_kind_names[kind], a.id,
					      advisory_state_names[a.state],
					      severity_names[a.severity], a.introduced, a.fixed,
					      a.last, a.also);
			assert_true(n < room);
		}
}

static void begin(struct import *m, const char *id, const char *release)
{
	*m = (struct import){ .kind = distro_find(id), .codename = "bookworm" };
	assert_non_null(m->kind);
	m->rows.order = m->kind->order;
	strcpy(m->distro.id, id);
	strcpy(m->distro.release, release);
}

static struct slice slice(const char *text)
{
	return (struct slice){ text, strlen(text) };
}

static void finish(struct import *m, char *out, size_t room)
{
	_free_ char *data = NULL;
	struct feed *f = NULL;
	size_t len;

	assert_int_equal(rows_merge(&m->rows), 0);
	assert_int_equal(rows_write(&m->rows, &m->distro, m->newest, &data, &len, NULL), 0);
	assert_int_equal(feed_use(data, len, &f, NULL), 0);
	assert_int_equal(feed_check(f, NULL), 0);
	dump(f, out, room);
	feed_unmap(f);
	rows_free(&m->rows);
}

#define RANGE(events) "\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[" events "]}]"
#define AFFECTED(ecosystem, name, rest) \
	"{\"package\":{\"ecosystem\":\"" ecosystem "\",\"name\":\"" name "\"}," rest "}"
#define OSV(id, more, affected)                                              \
	"{\"id\":\"" id "\",\"modified\":\"2026-02-03T04:05:06.789Z\"," more \
	"\"affected\":[" affected "]}"
#define UP_TO(fix) "{\"introduced\":\"0\"},{\"fixed\":\"" fix "\"}"
#define PUBLISHED  "\"published\":\"2026-01-02T00:00:00Z\","
#define VECTOR                                                                                  \
	"\"severity\":[{\"type\":\"CVSS_V3\",\"score\":\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/" \
	"I:H/A:H\"}],"
