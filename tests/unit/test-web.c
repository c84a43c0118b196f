// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/base/web.h"
#include "tests/unit/test.h"

static void test_pages(void **state)
{
	static const struct {
		const char *text, *host;
		uint16_t port;
	} good[] = {
		{ "http://Portal.Example/a?b=%20#c", "portal.example", 80 },
		{ "HTTPS://portal.example", "portal.example", 443 },
		{ "http://10.5.0.2:8080/", "", 8080 },
		{ "http://[2001:db8::1]:81", "", 81 },
		{ "http://[2001:db8::1]", "", 80 },
	};
	static const char *const bad[] = {
		"",
		"/login",
		"ftp://a.example/",
		"http://",
		"http:///",
		"http://user@a.example/",
		"http://bank.example:443@a.example/",
		"http://a.example:0/",
		"http://a.example:65536/",
		"http://a.example:/",
		"http://a.example:80x/",
		"http://[::1/",
		"http://[10.0.0.1]/",
		"http://[::1]x/",
		"http://[]/",
		"http://a b.example/",
		"http://login/",
		"http://a.example/\x1b[2J",
		"http://a.example/<b>",
		"http://a.example/\"x",
		"http://a.example/%zz",
		"http://a.example/%a",
		"http://a.example\\b.example/",
		"http://10.5.0.256/",
		"http://1.2/",
		"http://\xc3\xa4.example/",
	};
	struct web w;
	char wide[WEB_TEXT_MAX + 32] = "http://a.example/";

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(web_read(good[i].text, &w, NULL), 0);
		assert_string_equal(w.host.text, good[i].host);
		assert_int_equal(w.port, good[i].port);
		assert_int_equal(w.at.family != 0, !*good[i].host);
		assert_null(strchr(w.text, '#'));
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct fault f = { 0 };

		if (web_read(bad[i], &w, &f) != -EINVAL || !*f.why)
			fail_msg("%s", bad[i]);
	}
	memset(wide + 17, 'a', WEB_TEXT_MAX);
	assert_int_equal(web_read(wide, &w, NULL), -E2BIG);
	assert_int_equal(web_read("http://a.example:81/b?c", &w, NULL), 0);
	assert_string_equal(w.authority, "a.example:81");
	assert_string_equal(w.text + w.path, "/b?c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
	};

	return cmocka_run_group_tests_name("web", tests, NULL, NULL);
}
