// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "agent/base/count.h"
#include "policy/publisher/cvss.h"
#include "tests/unit/test.h"

/* Scores that first.org gives as examples, and what is none. */
static void test_cvss(void **state)
{
	static const struct {
		const char *vector;
		int score;
		enum severity severity;
	} rows[] = {
		{ "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 98, SEVERITY_CRITICAL },
		{ "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 100, SEVERITY_CRITICAL },
		{ "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 78, SEVERITY_HIGH },
		{ "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 61, SEVERITY_MEDIUM },
		{ "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:H", 59, SEVERITY_MEDIUM },
		{ "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N/E:P/RL:X", 64, SEVERITY_MEDIUM },
		{ "CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N", 16, SEVERITY_LOW },
		{ "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0, SEVERITY_UNKNOWN },
		{ "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H", -EINVAL, SEVERITY_UNKNOWN },
		{ "CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", -EINVAL, SEVERITY_UNKNOWN },
		{ "CVSS:3.1/AV:Q/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", -EINVAL, SEVERITY_UNKNOWN },
		{ "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", -EINVAL,
		  SEVERITY_UNKNOWN },
		{ "", -EINVAL, SEVERITY_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (cvss_score(rows[i].vector) != rows[i].score)
			fail_msg("%s: %d", rows[i].vector, cvss_score(rows[i].vector));
		assert_int_equal(cvss_severity(rows[i].vector), rows[i].severity);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cvss),
	};

	return cmocka_run_group_tests_name("cvss", tests, NULL, NULL);
}
