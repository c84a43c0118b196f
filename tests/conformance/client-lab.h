/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tuf-client as a program, with a repository and a server of its own. */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/io.h"
#include "tests/conformance/serve.h"
#include "tests/unit/test.h"

#define POLICY "--target-name policy.json download"
#define FRESH                                                                    \
	"metadata/2.root.json metadata/timestamp.json metadata/1.snapshot.json " \
	"metadata/1.targets.json "
#define ALL "root.json snapshot.json targets.json timestamp.json "

static int64_t in_days(int days)
{
	return io_now() + days * 86400L;
}

/* A repository of today, and a client that has its first root. */
static struct lab *lab(void)
{
	struct lab *l = calloc(1, sizeof(*l));
	struct repo *r = repo_new();
	char path[100];
	int i;

	lab_open(l, r);
	for (int role = 0; role < ROLE_COUNT; role++) {
		r->roles[role].expires = in_days(10);
		r->roles[role].version = 0;
	}
	while (r->server.n)
		shelf_drop(&r->server, r->server.files[0].name);
	repo_root(r);
	repo_bump(r);
	i = shelf_find(&r->server, "metadata/1.root.json");
	snprintf(path, sizeof(path), "%s/first", l->dir);
	assert_int_equal(io_replace(AT_FDCWD, path, r->server.files[i].text, r->server.files[i].len,
				    0600),
			 0);
	return l;
}

static void expect(struct lab *l, const char *args, int status, const char *seen)
{
	int is = lab_run(l, args);

	if (is != status) {
		char *err = lab_read(l, "err");

		fail_msg("%s: exit %d after %s: %s", args, is, l->seen, err ? err : "");
	}
	if (seen)
		assert_string_equal(l->seen, seen);
}

static void expect_files(const struct lab *l, const char *folder, const char *names)
{
	char list[SEEN_ROOM];

	lab_list(l, folder, list);
	assert_string_equal(list, names);
}

static bool kept(const struct lab *l, const char *name, const char *as)
{
	const struct shelf *s = &l->repo->server;
	char path[100], *text;
	bool same;

	snprintf(path, sizeof(path), "meta/%s", name);
	text = lab_read(l, path);
	same = text && !strcmp(text, s->files[shelf_find(s, as)].text);
	free(text);
	return same;
}

static void done(struct lab *l)
{
	lab_close(l);
	free(l);
}
