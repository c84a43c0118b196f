// SPDX-License-Identifier: GPL-2.0-or-later
/* Who may use the list, when that cannot be found out for the moment. */
#include <errno.h>

#include "agent/base/count.h"
#include "agent/base/io.h"
#include "netfilter/nft.h"
#include "netfilter/who.h"
#include "tests/unit/test.h"

static int fails;

int __wrap_io_read(int dir, const char *path, size_t max, char **ret, size_t *len);
int __wrap_io_read(int dir, const char *path, size_t max, char **ret, size_t *len)
{
	(void)dir, (void)path, (void)max, (void)ret, (void)len;
	return fails;
}

static void test_what_passes_opens_nothing(void **state)
{
	static const struct {
		int fails, r;
	} rows[] = {
		{ -ENOMEM, 0 },	      { -EMFILE, 0 },	    { -ENFILE, 0 },	{ -EINTR, 0 },
		{ -ENOENT, -ENOENT }, { -EACCES, -EACCES }, { -EFBIG, -EFBIG },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nft nft = { .fd = -1, .who = { .level = 1, .id = 77 } };
		struct who who = { 0 };
		struct fault f = { 0 };

		fails = rows[i].fails;
		assert_int_equal(who_find(&nft, &who, &f), rows[i].r);
		assert_int_equal(who.level, rows[i].r ? 0 : 1);
		assert_int_equal(who.id, rows[i].r ? 0 : 77);
		assert_int_equal(!*f.why, !rows[i].r); /* a reason is shown as one for everybody */
	}
}

static void test_what_was_open_to_all_is_not_guessed(void **state)
{
	struct nft nft = { .fd = -1 };
	struct who who = { 0 };
	struct fault f = { 0 };

	(void)state;
	fails = -EMFILE;
	assert_int_equal(who_find(&nft, &who, &f), -EMFILE);
	assert_string_not_equal(f.why, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_passes_opens_nothing),
		cmocka_unit_test(test_what_was_open_to_all_is_not_guessed),
	};

	return cmocka_run_group_tests_name("who", tests, NULL, NULL);
}
