/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client and its repository, new for each test. */
#pragma once

#include <string.h>

#include "tests/unit/repo.h"
#include "tests/unit/test.h"

/* The client must answer that, say something like it, and still trust what it had. */
#define assert_refused(repo, error, words)                                       \
	do {                                                                     \
		struct fault f_ = { 0 };                                         \
		assert_int_equal(repo_client((repo), NULL, &f_), (error));       \
		if (!strstr(f_.why, (words)))                                    \
			fail_msg("\"%s\" does not say \"%s\"", f_.why, (words)); \
	} while (0)
#define assert_accepted(repo, text)                        \
	do {                                               \
		struct fault f_ = { 0 };                   \
		if (repo_client((repo), (text), &f_) != 0) \
			fail_msg("refused: %s", f_.why);   \
	} while (0)

static inline int set_up(void **state)
{
	*state = repo_new();
	return 0;
}

static inline int tear_down(void **state)
{
	repo_free(*state);
	return 0;
}

static inline int stored(const struct repo *r, const char *name, const char *as)
{
	int i = shelf_find(&r->store, name), k = shelf_find(&r->server, as);

	return i >= 0 && k >= 0 && !strcmp(r->store.files[i].text, r->server.files[k].text);
}
