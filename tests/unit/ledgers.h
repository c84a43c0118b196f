/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A folder with a ledger, and what is remembered by it. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/memory.h"
#include "tests/unit/test.h"

static char folder[] = "/dev/shm/test-ledger.XXXXXX";

static const char *file(const char *name)
{
	static char path[100];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static inline struct memory *reopen(struct memory *m, int want)
{
	struct fault fault = { 0 };

	memory_close(m);
	m = NULL;
	assert_int_equal(memory_open(folder, &m, &fault), want);
	assert_non_null(m);
	assert_int_equal(*fault.why != '\0', want != 0);
	return m;
}

static inline struct memory *anew(void)
{
	unlink(file("ledger"));
	return reopen(NULL, 0);
}

static inline void fail_since(struct memory *m, const char *id, int64_t since)
{
	memory_past(m, id)->since = since;
	memory_tell(m, ENTRY_FAILING, id, since, "seen to fail");
}

static inline void move(struct memory *m, enum state state, int64_t at)
{
	history_move(memory_history(m), state, at);
	memory_tell(m, ENTRY_STATE, state_names[state], at, "because\nof\x1b[31m this");
}

/* Entries of which a thousand are more than the ledger holds without a trim. */
static inline void tell_many(struct memory *m, int n)
{
	for (int i = 1; i <= n; i++) {
		memory_tell(m, ENTRY_REPAIR, "x", i, "%0200d", i);
		if (i % 100 == 0 || i == n)
			assert_int_equal(memory_keep(m), 0);
	}
}

struct seen {
	size_t n;
	struct entry last;
};

static inline void count(void *ctx, const struct entry *e)
{
	struct seen *seen = ctx;

	if (seen->n)
		assert_int_equal(e->number, seen->last.number + 1);
	seen->n++;
	seen->last = *e;
}

static inline struct seen all_of(const struct memory *m)
{
	struct seen seen = { 0 };

	assert_int_equal(memory_read(m, count, &seen), 0);
	return seen;
}

static inline void ignore(void *ctx, const struct entry *e)
{
	(void)ctx, (void)e;
}

static inline int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static inline int drop_folder(void **state)
{
	(void)state;
	unlink(file("ledger"));
	unlink(file("ledger.damaged"));
	unlink(file("lock"));
	return rmdir(folder);
}
