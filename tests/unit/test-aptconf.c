// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/posture/parts.h"
#include "agent/posture/pins.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

#define LOCAL APT_CONF_PARTS "/90local"

/* clang-format off */
static const struct row {
	const char *part, *conf; /* of apt.conf.d/90local and apt.conf */
	const char *release;
	unsigned line;
	enum phasing phasing;
	int err;
	const char *why;
} rows[] = {
	{ .release = "" },
	{ "APT::Default-Release \"stable\";\n", .release = "stable", .line = 1 },
	{ "// x\n# y\n/* APT::Default-Release \"no\";\n*/ apt { default-RELEASE stable ; }\n", .release = "stable", .line = 4 },
	{ "APT { Get { Assume-Yes \"1\"; }; Default-Release \"sid\"; };\n", .release = "sid", .line = 1 },
	{ "APT::Default-Release \"a\";", "APT::Default-Release \"b\";", .release = "b", .line = 1 },
	{ "APT::Default-Release \"a\";\n#clear APT::Default-Release;\n", .release = "" },
	{ "APT::Default-Release \"a\";\n#clear APT;\n", .release = "" },
	{ "APT::Default-Release \"a\";\n#clear APT::Def;\n", .release = "a", .line = 1 },
	{ "DPkg::Post-Invoke { \"rm -f /x // y; }\"; };\nAPT::Default-Release \"a\";", .release = "a", .line = 2 },
	{ "X::Default-Release \"a\"; APT::Default-Release:: \"a\"; Default-Release \"a\";", .release = "" },
	{ "APT { APT::Default-Release \"a\"; };", .release = "" },
	{ "APT::Get::Always-Include-Phased-Updates \"true\";", .release = "", .phasing = PHASING_ALWAYS },
	{ "Update-Manager::Never-Include-Phased-Updates \"1\";", .release = "", .phasing = PHASING_NEVER },
	{ "APT::Get::Never-Include-Phased-Updates \"0\"; Update-Manager::Never-Include-Phased-Updates \"1\";", .release = "" },
	/* Where things are. */
	{ "Dir \"/\"; Dir::State \"/var/lib/apt/\"; Dir::State::lists \"/var/lib/apt/lists\";", .release = "" },
	{ "Dir::Cache { pkgcache \"\"; archives \"/x\"; }; Dir::Etc::sourcelist \"/x\";", .release = "" },
	{ "\nDir::State { lists \"/srv/lists\"; };", .release = "", .err = -EXDEV,
	  .why = "/etc/apt/apt.conf.d/90local:2: Dir::State::lists is /srv/lists" },
	{ .conf = "RootDir \"/srv\";", .release = "", .err = -EXDEV, .why = "/etc/apt/apt.conf:1: RootDir" },
	{ "Dir::Etc::preferencesparts \"/dev/null\";", .release = "", .err = -EXDEV, .why = "preferencesparts" },
	{ "APT::Default-Release \"a\";\n#include \"/srv/x\";\n", .release = "a", .line = 1, .err = -EXDEV, .why = "/srv/x is included" },
	/* What apt would refuse: what was read before counts. */
	{ "APT::Default-Release \"a\";\nAPT {", .release = "a", .line = 1 },
	{ "APT::Default-Release \"a\"; } APT::Default-Release \"b\";", .release = "a", .line = 1 },
	{ "APT::Default-Release \"a", .release = "" },
	{ "/* APT::Default-Release \"a\";", .release = "" },
	{ "{{{{{{{{{{{{{{{{{{{{{{ APT::Default-Release \"a\";", .release = "" },
};
/* clang-format on */

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct fault fault = { 0 };
		struct aptconf conf;
		struct root r;
		int err;

		assert_int_equal(root_open(&r), 0);
		if (row->part)
			root_put(&r, LOCAL, row->part, strlen(row->part));
		if (row->conf)
			root_put(&r, APT_CONF, row->conf, strlen(row->conf));
		root_put(&r, APT_CONF_PARTS "/10old.bak", "RootDir \"/x\";", 13);
		err = aptconf_read(r.fd, &conf, &fault);
		if (err != row->err || strcmp(conf.release, row->release) ||
		    conf.line != row->line || conf.phasing != row->phasing ||
		    (row->why && !strstr(fault.why, row->why)))
			fail_msg("row %zu: %d %s:%u %d %s", i, err, conf.release, conf.line,
				 conf.phasing, fault.why);
		root_close(&r);
	}
}

static void test_architectures(void **state)
{
	static const struct {
		const char *text, *want;
	} lists[] = {
		{ "", "" },
		{ "APT::Architectures { \"amd64\"; \"i386\"; };", "amd64 i386" },
		{ "APT { Architectures { amd64 } ; };", "amd64" },
		{ "APT::Architectures:: \"i386\"; APT::Architectures:: \"armhf\";", "i386 armhf" },
		{ "APT::Architectures \"amd64\";", "amd64" },
		{ "APT::Architectures { i386; };\n#clear APT::Architectures;\n", "" },
		{ "X { \"i386\"; }; APT::Architecture \"i386\"; APT { \"i386\"; };", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		struct fault fault = { 0 };
		struct aptconf conf;
		struct root r;

		assert_int_equal(root_open(&r), 0);
		root_put(&r, LOCAL, lists[i].text, strlen(lists[i].text));
		assert_int_equal(aptconf_read(r.fd, &conf, &fault), 0);
		assert_string_equal(conf.architectures, lists[i].want);
		root_close(&r);
	}
}

static int read_conf(void *ctx)
{
	const struct root *r = ctx;
	struct fault fault = { 0 };
	struct aptconf conf;

	return aptconf_read(r->fd, &conf, &fault);
}

static int read_pins(void *ctx)
{
	static const struct aptconf conf;
	const struct root *r = ctx;
	struct fault fault = { 0 };
	struct pins *pins = NULL;
	int err = pins_read(r->fd, &conf, &pins, &fault);

	assert_true((err < 0) == !!*fault.why);
	pins_free(pins);
	return err;
}

static const struct {
	const char *folder, *file;
	int (*read)(void *ctx);
} folders[] = {
	{ APT_CONF_PARTS, APT_CONF_PARTS "/x", read_conf },
	{ APT_PREFERENCES_PARTS, APT_PREFERENCES_PARTS "/x", read_pins },
};

/* apt is root, and reads what this user may not: that nobody sees it is no pass. */
static void test_hidden(void **state)
{
	struct root r;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	for (size_t i = 0; i < COUNT(folders); i++) {
		assert_int_equal(root_as_user(&r, folders[i].read, &r), 0);
		root_text(&r, folders[i].file, "");
		assert_int_equal(root_as_user(&r, folders[i].read, &r), 0);
		assert_int_equal(fchmodat(r.fd, folders[i].file, 0, 0), 0);
		assert_int_equal(root_as_user(&r, folders[i].read, &r), -EACCES);
		assert_int_equal(fchmodat(r.fd, folders[i].folder, 0, 0), 0);
		assert_int_equal(root_as_user(&r, folders[i].read, &r), -EACCES);
	}
	root_close(&r);
}

/* A part too many, and folders among them that apt passes over. */
static void test_many(void **state)
{
	char path[100];
	struct root r;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	for (size_t i = 0; i < COUNT(folders); i++) {
		for (int n = 0; n < PARTS_MAX; n++) {
			snprintf(path, sizeof(path), "%s/%d%s", folders[i].folder, n,
				 n % 64 ? "" : "/x");
			root_text(&r, path, "");
		}
		assert_int_equal(folders[i].read(&r), 0);
		root_text(&r, folders[i].file, "");
		assert_int_equal(folders[i].read(&r), -E2BIG);
	}
	root_close(&r);
}

/* Any bytes end, and what comes of them fits. */
static void test_noise(void **state)
{
	static const char *const bits[] = { "APT", "::", "Default-Release", " ",   "\"", "{",
					    "}",   ";",	 "#clear",	    "/*",  "*/", "//",
					    "\n",  "\0", "#include",	    "\xff" };
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 300; round++) {
		char text[4096] = "";
		struct aptconf conf;
		struct fault fault;
		struct root r;
		size_t n = 0;

		for (int i = 0; i < 200; i++) {
			const char *bit = bits[(unsigned)rand_r(&seed) % 16];
			size_t len = *bit ? strlen(bit) : 1;

			memcpy(text + n, bit, len);
			n += len;
		}
		assert_int_equal(root_open(&r), 0);
		root_put(&r, APT_CONF, text, n);
		aptconf_read(r.fd, &conf, &fault);
		assert_true(strnlen(conf.release, APTCONF_TEXT_MAX) < APTCONF_TEXT_MAX);
		root_close(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),   cmocka_unit_test(test_architectures),
		cmocka_unit_test(test_hidden), cmocka_unit_test(test_many),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
