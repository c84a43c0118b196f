/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was offered to a host and when, on disk, and what of it is due. */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/due.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

#define HOUR 3600
#define DAY  (24 * HOUR)
#define T0   (20000 * (int64_t)DAY)

DEFINE_DROP(findings, findings_free)

static struct root root;
static int folder = -1;

static inline int open_root(void **state)
{
	(void)state;
	if (root_open(&root) < 0)
		return -1;
	folder = open(root.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder < 0;
}

static inline int close_root(void **state)
{
	(void)state;
	close(folder);
	root_close(&root);
	return 0;
}

static inline struct offered *reopen(struct offered *o, int want)
{
	struct fault fault = { 0 };

	offered_close(o);
	o = NULL;
	assert_int_equal(offered_open(folder, &o, &fault), want);
	assert_non_null(o);
	assert_int_equal(*fault.why != '\0', want != 0);
	return o;
}

static inline struct offered *anew(void)
{
	unlinkat(folder, "offered", 0);
	return reopen(NULL, 0);
}

/* n packages that lack a fix, p0 and on. */
static inline struct findings *lacking(size_t n, enum patch_state state, enum severity severity,
				       int64_t published)
{
	struct findings *f = findings_end(findings_begin(NULL));
	struct patch p = { .installed = "1", .fixed = "2", .state = state, .severity = severity };
	char name[24];

	assert_non_null(f);
	p.package = name;
	p.by[severity].n = 1;
	p.by[severity].earliest = published;
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "p%zu", i);
		assert_int_equal(findings_add(f, &p), 0);
	}
	return f;
}

static inline void look(struct offered *o, const struct findings *f, int64_t now)
{
	offered_begin(o);
	assert_int_equal(offered_see(o, f, PATCHES_FAIL_ON, now), 0);
	offered_end(o, true);
}

static inline struct requirement demand(bool reachable)
{
	struct requirement req = { .check = CHECK_PATCHES,
				   .with.patches.fails_on = PATCHES_FAIL_ON,
				   .with.patches.deadlines = deadlines_preset };

	req.with.patches.deadlines.reachable = reachable;
	return req;
}

/* When the first of them is due; 0: nothing is. */
static inline int64_t until(const struct offered *o, const struct findings *f, unsigned risk,
			    bool reachable, int64_t now)
{
	const struct requirement req = demand(reachable);
	const struct due_terms t = { &req, o, risk, now };
	struct due due;

	return due_first(&t, f, &due) ? due.until : 0;
}
