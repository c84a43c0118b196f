// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "agent/base/count.h"
#include "policy/distro.h"
#include "tests/unit/test.h"

static void test_distro(void **state)
{
	static const struct {
		const char *text, *target;
	} rows[] = {
		{ "ID=debian\nVERSION_ID=\"12\"\n", "a/debian-12.feed" },
		{ "NAME=x\nID='rocky'\nVERSION_ID=9.4", "a/rocky-9.feed" },
		{ "ID=alpine\nVERSION_ID=3.19.1\n", "a/alpine-3.19.feed" },
		{ "ID=\"opensuse-leap\"\nVERSION_ID=\"15.5\"\n", "a/opensuse-leap-15.5.feed" },
		{ "ID=arch\n", NULL },
		{ "VERSION_ID=12\nID_LIKE=debian\n", NULL },
		{ "ID=../x\nVERSION_ID=12\n", NULL },
		{ "ID=debian\nVERSION_ID=1/2\n", NULL },
	};
	struct distro d;
	char target[64];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fault fault = { 0 };
		int r = distro_read(rows[i].text, strlen(rows[i].text), &d, &fault);

		assert_int_equal(r, rows[i].target ? 0 : -ENODATA);
		if (!rows[i].target)
			continue;
		assert_int_equal(distro_fill("a/{id}-{version}.feed", &d, target, sizeof(target)),
				 0);
		assert_string_equal(target, rows[i].target);
	}
	assert_int_equal(distro_fill("{name}", &d, target, sizeof(target)), -EINVAL);
	assert_int_equal(distro_fill("a}", &d, target, sizeof(target)), -EINVAL);
	assert_int_equal(distro_fill("{id}{id}{id}", &d, target, 30), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distro),
	};

	return cmocka_run_group_tests_name("distro", tests, NULL, NULL);
}
