// SPDX-License-Identifier: GPL-2.0-or-later
/* What repositories offer, and what dnf goes by when it chooses. */
#include <errno.h>
#include <time.h>

#include "agent/base/count.h"
#include "agent/posture/dnf.h"
#include "agent/posture/repos.h"
#include "tests/unit/dnfhost.h"
#include "tests/unit/rpmhost.h"
#include "tests/unit/test.h"

static const struct row rows[] = {
	PLAIN,
	{ .what = "what is installed has it", .installed = "a-2-1.x86_64", .found = "" },
	{ .what = "another architecture", .installed = "a-1-1.i686", .found = "" },
	{ .what = "it turned from none into one",
	  .installed = "a-1-1.noarch",
	  .found = "a noarch 1-1 3-1 updates fix-available high X-1 \n" },
	{ .what = "of those beside each other the newest",
	  .installed = "a-1-1.x86_64 a-0-1.x86_64",
	  .found = "a x86_64 1-1 3-1 updates fix-available high X-1 \n" },
	{ .what = "... which is new enough",
	  .installed = "a-1-1.x86_64 a-3-1.x86_64",
	  .found = "" },
	{ .what = "a fix that nobody has",
	  .installed = "a-1-1.x86_64",
	  .primary = "<metadata/>",
	  .found = "a x86_64 1-1 2-1  not-offered high X-1 no repository of this host offers the "
		   "fix yet\n" },
	{ .what = "it mends something else",
	  .installed = "a-1-1.x86_64",
	  .updateinfo = "<updates>" RPMHOST_UPDATE("type=\"bugfix\"", "X-1", "",
						   RPMHOST_ADVISED("a", "0", "2", "1",
								   "x86_64")) "</updates>",
	  .found = "" },
	{ .what = "what was taken back is not offered",
	  .installed = "a-1-1.x86_64",
	  .updateinfo = "<updates>" RPMHOST_UPDATE(
		  "type=\"security\" status=\"retracted\"", "X-1", "",
		  RPMHOST_ADVISED("a", "0", "3", "1", "x86_64")) "</updates>",
	  .found = "" },
	{ .what = "SUSE's way: small letters, seconds",
	  .installed = "a-1-1.x86_64",
	  .updateinfo = "<updates>" RPMHOST_UPDATE(
		  SECURITY, "SUSE-1", "<severity>critical</severity><issued date=\"1447945265\"/>",
		  RPMHOST_ADVISED("a", "0", "2", "1", "x86_64")) "</updates>",
	  .found = "a x86_64 1-1 3-1 updates fix-available critical SUSE-1 \n" },
	{ .what = "excluded",
	  .installed = "a-1-1.x86_64",
	  .extras = { { DNF_CONF, "[main]\n\nexclude = kernel*,\n  a.x86_64\n" } },
	  .found = "a x86_64 1-1 3-1 updates held high X-1 pinned by /etc/dnf/dnf.conf:3\n" },
	{ .what = "excluded by version",
	  .installed = "a-1-1.x86_64",
	  .extras = { { REPO, RPMHOST_REPO "excludepkgs=a-3*\n" } },
	  .found = "a x86_64 1-1 3-1 updates held high X-1 pinned by "
		   "/etc/yum.repos.d/updates.repo:3\n" },
	{ .what = "not included",
	  .installed = "a-1-1.x86_64",
	  .extras = { { REPO, RPMHOST_REPO "includepkgs=b c\n" } },
	  .found = "a x86_64 1-1 3-1 updates held high X-1 pinned by "
		   "/etc/yum.repos.d/updates.repo:3\n" },
	{ .what = "locked to what is installed",
	  .installed = "a-1-1.x86_64",
	  .extras = { { "etc/dnf/plugins/versionlock.conf", "[main]\nenabled = 1\n" },
		      { "etc/dnf/plugins/versionlock.list", "# why\na-0:1-1.*\n" } },
	  .found = "a x86_64 1-1 3-1 updates held high X-1 pinned by "
		   "/etc/dnf/plugins/versionlock.list:2\n" },
	{ .what = "locked to the update",
	  .installed = "a-1-1.x86_64",
	  .extras = { { "etc/dnf/plugins/versionlock.conf", "[main]\nenabled = 1\n" },
		      { "etc/dnf/plugins/versionlock.list", "a-0:3-1.*\n!a-0:9-1.*\n" } },
	  .found = "a x86_64 1-1 3-1 updates fix-available high X-1 \n" },
	{ .what = "a lock that is switched off",
	  .installed = "a-1-1.x86_64",
	  .extras = { { "etc/dnf/plugins/versionlock.conf", "[main]\nenabled = 0\n" },
		      { "etc/dnf/plugins/versionlock.list", "a-0:1-1.*\n" } },
	  .found = "a x86_64 1-1 3-1 updates fix-available high X-1 \n" },
	{ .what = "dnf5's lock",
	  .installed = "a-1-1.x86_64",
	  .extras = { { "etc/dnf/versionlock.toml",
			"version = \"1.0\"\n[[packages]]\nname = \"a\"\n"
			"[[packages.conditions]]\nkey = \"evr\"\ncomparator = \"<\"\nvalue = "
			"\"0:2\"\n" } },
	  .found = "a x86_64 1-1 3-1 updates held high X-1 pinned by "
		   "/etc/dnf/versionlock.toml:2\n" },
	{ .what = "zypper's place and lock",
	  .installed = "a-1-1.x86_64",
	  .extras = { { ZYPP_REPOS "/u.repo", "[u]\nenabled=1\n" },
		      { ZYPP_CACHE "/u/repodata/repomd.xml", RPMHOST_REPOMD },
		      { "etc/zypp/locks",
			"\ntype: package\nmatch_type: glob\nsolvable_name: a*\nversion: > 2\n" },
		      { ZYPP_CACHE "/u/repodata/primary.xml", PRIMARY },
		      { ZYPP_CACHE "/u/repodata/updateinfo.xml", UPDATEINFO } },
	  .found = "a x86_64 1-1 3-1 u held high X-1 pinned by /etc/zypp/locks:2\n" },
	{ .what = "zypper's without all of it",
	  .installed = "a-1-1.x86_64",
	  .extras = { { ZYPP_REPOS "/u.repo", "[u]\nenabled=1\n" },
		      { ZYPP_CACHE "/u/repodata/repomd.xml", RPMHOST_REPOMD },
		      { ZYPP_CACHE "/u/repodata/primary.xml", PRIMARY } },
	  .err = -ENOENT,
	  .why = "repository u: repodata/updateinfo.xml No such file or directory",
	  .found = "" },
	{ .what = "a module stream that is not active",
	  .installed = "a-1-1.x86_64",
	  .extras = { { CACHE "repomd.xml", RPMHOST_INDEX },
		      { CACHE "modules.yaml",
			"---\ndocument: modulemd\nversion: 2\ndata:\n  name: m\n  stream: \"9\"\n"
			"  description: >-\n    rpms:\n    - none\n  artifacts:\n    rpms:\n"
			"    - a-0:3-1.x86_64\n    - zz-0:1-1.noarch\n...\n" } },
	  .found = "a x86_64 1-1 2-1  not-offered high X-1 no repository of this host offers the "
		   "fix yet\n" },
	{ .what = "one that is enabled",
	  .installed = "a-1-1.x86_64",
	  .extras = { { CACHE "repomd.xml", RPMHOST_INDEX },
		      { CACHE "modules.yaml",
			"---\ndocument: modulemd\nversion: 2\ndata:\n  name: m\n  stream: \"9\"\n"
			"  artifacts:\n    rpms:\n    - a-0:3-1.x86_64\n...\n" },
		      { "etc/dnf/modules.d/m.module",
			"[m]\nname=m\nprofiles=\nstate=enabled\nstream=9\n" } },
	  .found = "a x86_64 1-1 3-1 updates fix-available high X-1 \n" },
	{ .what = "one that is the default, and hides what is of none",
	  .installed = "a-1-1.x86_64",
	  .extras = { { CACHE "repomd.xml", RPMHOST_INDEX },
		      { CACHE "modules.yaml",
			"---\ndocument: modulemd\nversion: 2\ndata:\n  name: m\n  stream: 9\n"
			"  artifacts:\n    rpms:\n    - a-0:1-1.x86_64\n---\n"
			"document: modulemd-defaults\nversion: 1\ndata:\n  module: m\n  stream: "
			"9\n" } },
	  .found = "a x86_64 1-1 2-1  not-offered high X-1 no repository of this host offers the "
		   "fix yet\n" },
	{ .what = "modules in a form that is not known",
	  .installed = "a-1-1.x86_64",
	  .extras = { { CACHE "repomd.xml", RPMHOST_INDEX },
		      { CACHE "modules.yaml", "{document: modulemd, data: {name: m}}\n" } },
	  .err = -EBADMSG,
	  .why = "repository updates: repodata/modules.yaml line 1: has no stream in a form that "
		 "is "
		 "known",
	  .found = "a x86_64 1-1 3-1 updates fix-available high X-1 \n" },
	{ .what = "a list that ends too soon",
	  .installed = "a-1-1.x86_64",
	  .primary = "<metadata>" RPMHOST_PACKAGE("a", "0", "3", "1", "x86_64"),
	  .err = -EBADMSG,
	  .why = "repository updates: repodata/primary.xml line 1: no element found",
	  .found = "a x86_64 1-1 3-1 updates fix-available high X-1 \n" },
	{ .what = "elsewhere",
	  .installed = "a-1-1.x86_64",
	  .extras = { { DNF_CONF, "[main]\ncachedir=/srv/dnf\n" } },
	  .err = -EXDEV,
	  .why = "/etc/dnf/dnf.conf:2: dnf keeps its files elsewhere (cachedir)",
	  .found = "a x86_64 1-1 3-1 updates fix-available high X-1 \n" },
	{ .what = "none is enabled",
	  .installed = "a-1-1.x86_64",
	  .extras = { { REPO, RPMHOST_REPO "enabled=0\n" } },
	  .err = -ENODEV,
	  .why = "no repository is enabled" },
	{ .what = "one that was never fetched",
	  .installed = "a-1-1.x86_64",
	  .extras = { { DNF_REPOS "/z.repo", "[other]\nname=x\n" } },
	  .err = -ENOENT,
	  .why = "repository other: repodata/repomd.xml was never fetched",
	  .found = "a x86_64 1-1 3-1 updates fix-available high X-1 \n" },
	{ .what = "... and is not needed",
	  .installed = "a-1-1.x86_64",
	  .extras = { { DNF_REPOS "/z.repo", "[other]\nskip_if_unavailable=True\n" } },
	  .found = "a x86_64 1-1 3-1 updates fix-available high X-1 \n" },
	{ .what = "an index that leads out of its folder",
	  .installed = "a-1-1.x86_64",
	  .extras = { { CACHE "repomd.xml",
			"<repomd><data type=\"primary\"><location href=\"x/../../y\"/>"
			"</data></repomd>" } },
	  .err = -EBADMSG,
	  .why = "repository updates: repodata/repomd.xml names a file elsewhere: x/../../y",
	  .found = "" },
};

static void test_rows(void **state)
{
	const struct dnf_ask ask = { .now = time(NULL), .max_age = DAY };
	char found[2048];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct fault fault = { 0 };
		struct root r;
		int err;

		assert_int_equal(root_open(&r), 0);
		put_host(&r, row);
		err = look(&r, row->installed, &ask, false, found, sizeof(found), &fault);
		if (err != row->err || strcmp(found, row->found ? row->found : "") ||
		    strcmp(fault.why, row->why ? row->why : ""))
			print_error("%s: %d %s\n%s", row->what, err, fault.why, found);
		assert_int_equal(err, row->err);
		assert_string_equal(fault.why, row->why ? row->why : "");
		assert_string_equal(found, row->found ? row->found : "");
		root_close(&r);
	}
}

/* Every newer version counts when the policy says so. */
static void test_all(void **state)
{
	const struct dnf_ask ask = { .now = time(NULL), .max_age = DAY };
	struct fault fault = { 0 };
	char found[2048];
	struct root r;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	put_host(&r, &rows[0]);
	assert_int_equal(
		look(&r, "a-1-1.x86_64 b-1-5.noarch", &ask, true, found, sizeof(found), &fault), 0);
	assert_string_equal(found, "a x86_64 1-1 3-1 updates fix-available high X-1 \n"
				   "b noarch 1-5 2:1-5 updates fix-available unknown  \n");
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
