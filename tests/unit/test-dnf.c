// SPDX-License-Identifier: GPL-2.0-or-later
/* What repositories offer: what dnf goes by when it chooses, and what makes them no evidence. */
#include <errno.h>
#include <time.h>

#include "agent/base/count.h"
#include "agent/posture/dnf.h"
#include "agent/posture/findings.h"
#include "agent/posture/modules.h"
#include "agent/posture/parts.h"
#include "agent/posture/repos.h"
#include "agent/posture/trace.h"
#include "tests/unit/rpmhost.h"
#include "tests/unit/test.h"

DEFINE_DROP(dnf, dnf_free)
DEFINE_DROP(findings, findings_free)
DEFINE_DROP(inventory, inventory_free)

#define DAY    86400
#define EXTRAS 5
#define CACHE  RPMHOST_CACHE "repodata/"
#define REPO   DNF_REPOS "/updates.repo"

/* The same for most: a, of which 3-1 is offered, and 2-1 was for security. */
#define PRIMARY                                                    \
	"<metadata>" RPMHOST_PACKAGE("a", "0", "1", "1", "x86_64") \
		RPMHOST_PACKAGE("a", "0", "3", "1", "x86_64")      \
			RPMHOST_PACKAGE("b", "2", "1", "5", "noarch") "</metadata>"
#define SECURITY "type=\"security\" status=\"final\""
#define UPDATEINFO                                                                             \
	"<updates>" RPMHOST_UPDATE(SECURITY, "X-1",                                            \
				   "<issued date=\"2026-11-01 10:00:00\"/><severity>Important" \
				   "</severity>",                                              \
				   RPMHOST_ADVISED("a", "0", "2", "1", "x86_64")) "</updates>"

struct extra {
	const char *path, *text;
};

static const struct row {
	const char *what, *installed;
	const char *primary, *updateinfo; /* NULL: those above */
	struct extra extras[EXTRAS];
	int err;
	const char *why;
	/* "PACKAGE ARCH INSTALLED FIXED FROM STATE SEVERITY IDS WHY", a line each */
	const char *found;
} rows[] = {
	{ .what = "an update with one for security before it",
	  .installed = "a-1-1.x86_64 b-2:1-5.noarch",
	  .found = "a x86_64 1-1 3-1 updates fix-available high X-1 \n" },
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

static void put_host(const struct root *r, const struct row *row)
{
	assert_int_equal(rpmhost_put(r, REPO, RPMHOST_REPO), 0);
	assert_int_equal(rpmhost_put(r, CACHE "repomd.xml", RPMHOST_REPOMD), 0);
	assert_int_equal(rpmhost_put(r, CACHE "primary.xml", row->primary ? row->primary : PRIMARY),
			 0);
	assert_int_equal(rpmhost_put(r, CACHE "updateinfo.xml",
				     row->updateinfo ? row->updateinfo : UPDATEINFO),
			 0);
	for (size_t i = 0; i < EXTRAS && row->extras[i].path; i++)
		assert_int_equal(rpmhost_put(r, row->extras[i].path, row->extras[i].text), 0);
}

static void write_down(const struct findings *f, char *out, size_t room)
{
	size_t n, len = 0;
	const struct patch *p = findings_list(f, &n);

	*out = '\0';
	for (; n--; p++)
		len += (size_t)snprintf(out + len, room - len, "%s %s %s %s %s %s %s %s %s\n",
					p->package, p->arch, p->installed, p->fixed, p->from,
					patch_state_names[p->state], severity_names[p->severity],
					p->ids, p->why);
}

static int look(const struct root *r, const char *installed, const struct dnf_ask *ask, bool all,
		char *found, size_t room, struct fault *fault)
{
	_drop_(drop_inventory) struct inventory *inv = rpmhost_inventory(installed);
	_drop_(drop_dnf) struct dnf *dnf = NULL;
	_drop_(drop_findings) struct findings *f = NULL;
	struct dnf_ask of = *ask;
	int err;

	of.root = r->fd;
	assert_non_null(inv);
	err = dnf_read(&of, inv, &dnf, fault);
	*found = '\0';
	if (!dnf)
		return err;
	assert_int_equal(findings_make_rpm(inv, dnf, NULL, all, &f), 0);
	write_down(f, found, room);
	return err;
}

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

struct unseen {
	struct root root;
	struct fault fault;
};

static int look_unseen(void *ctx)
{
	const struct dnf_ask ask = { .now = time(NULL), .max_age = DAY };
	struct unseen *u = ctx;
	char found[2048];

	u->fault = (struct fault){ 0 };
	return look(&u->root, "a-3-1.x86_64", &ask, false, found, sizeof(found), &u->fault);
}

/* Who knows what the files would say that nobody here may read? */
static void test_hidden(void **state)
{
	static const char *const paths[] = { DNF_REPOS, MODULES_STATE, MODULES_STATE "/m.module",
					     "etc/dnf/repos.override.d" };
	struct unseen u;
	char why[100];

	(void)state;
	assert_int_equal(root_open(&u.root), 0);
	put_host(&u.root, &rows[0]);
	root_text(&u.root, MODULES_STATE "/m.module", "[m]\nstate=enabled\nstream=9\n");
	root_text(&u.root, "etc/dnf/repos.override.d/x.repo", "");
	assert_int_equal(root_as_user(&u.root, look_unseen, &u), 0);
	for (size_t i = 0; i < COUNT(paths); i++) {
		assert_int_equal(fchmodat(u.root.fd, paths[i], 0, 0), 0);
		assert_int_equal(root_as_user(&u.root, look_unseen, &u), -EACCES);
		snprintf(why, sizeof(why), "/%s: Permission denied", paths[i]);
		assert_string_equal(u.fault.why, why);
		assert_int_equal(fchmodat(u.root.fd, paths[i], 0755, 0), 0);
	}
	root_close(&u.root);
}

static void test_many(void **state)
{
	struct unseen u;
	char path[100];

	(void)state;
	assert_int_equal(root_open(&u.root), 0);
	put_host(&u.root, &rows[0]);
	for (int i = 1; i < PARTS_MAX; i++) {
		snprintf(path, sizeof(path), DNF_REPOS "/x%d.repo", i);
		root_text(&u.root, path, "");
	}
	assert_int_equal(look_unseen(&u), 0);
	root_text(&u.root, DNF_REPOS "/one-more.repo", "");
	assert_int_equal(look_unseen(&u), -E2BIG);
	assert_string_equal(u.fault.why, "/" DNF_REPOS ": more than 256 files");
	root_close(&u.root);
}

static void touch(const struct root *r, const char *name, int64_t when)
{
	const struct timespec t[2] = { { when, 0 }, { when, 0 } };

	assert_int_equal(utimensat(r->fd, name, t, 0), 0);
}

/* dnf touches the primary file when the server has nothing newer. */
static void test_age(void **state)
{
	int64_t now = time(NULL);
	struct dnf_ask ask = { .now = now, .max_age = 2 * DAY };
	struct fault fault = { 0 };
	char found[2048];
	struct root r;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	put_host(&r, &rows[0]);
	touch(&r, CACHE "repomd.xml", now - 5 * DAY);
	touch(&r, CACHE "primary.xml", now - DAY);
	assert_int_equal(look(&r, "a-1-1.x86_64", &ask, false, found, sizeof(found), &fault), 0);
	touch(&r, CACHE "primary.xml", now - 3 * DAY);
	assert_int_equal(look(&r, "a-1-1.x86_64", &ask, false, found, sizeof(found), &fault),
			 -ESTALE);
	assert_string_equal(fault.why, "repository updates: its metadata was last fetched 3 d ago; "
				       "the policy allows 2 d");
	assert_string_equal(found, rows[0].found);
	ask.now = now - 10 * DAY;
	fault = (struct fault){ 0 };
	assert_int_equal(look(&r, "a-1-1.x86_64", &ask, false, found, sizeof(found), &fault),
			 -ETIME);
	root_close(&r);
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

/* What was fetched, configured or chosen anew is noticed; what is read is not changed by it. */
static void test_trace(void **state)
{
	static const char *const paths[] = { REPO,
					     CACHE "repomd.xml",
					     DNF_CONF,
					     "etc/dnf/modules.d/m.module",
					     "etc/dnf/plugins/versionlock.list",
					     "etc/zypp/locks" };
	struct root r;
	uint64_t was;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	put_host(&r, &rows[0]);
	was = trace_repositories(r.fd);
	assert_true(was == trace_repositories(r.fd));
	for (size_t i = 0; i < COUNT(paths); i++) {
		uint64_t now;

		assert_int_equal(rpmhost_put(&r, paths[i], "[x]\n"), 0);
		touch(&r, paths[i], 1000 + (int64_t)i);
		now = trace_repositories(r.fd);
		assert_true(now != was);
		was = now;
	}
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows), cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_many), cmocka_unit_test(test_age),
		cmocka_unit_test(test_all),  cmocka_unit_test(test_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
