// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/posture/findings.h"
#include "agent/posture/posture.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

#define DAY	       86400
#define TRUTH_PACKAGES 1500

static int put_text(const struct root *r, const char *path, const char *text)
{
	return root_put(r, path, text, strlen(text));
}

static void version_make(unsigned *seed, char out[40])
{
	static const char *const tails[] = {
		"", "-1", "-2", "+b1", "~rc1", "-1+deb12u1", "-1~bpo1"
	};

	snprintf(out, 40, "%s%d.%d%s", rand_r(seed) % 9 ? "" : "1:", rand_r(seed) % 3,
		 rand_r(seed) % 3, tails[(size_t)rand_r(seed) % COUNT(tails)]);
}

/* A status file and a repository with security suite, both by chance. */
static void make_truth(const struct root *r)
{
	static const char *const archs[] = { "amd64", "amd64", "all", "i386" };
	_free_ char *status = NULL, *list = NULL, *sources = NULL;
	size_t s_len, l_len;
	unsigned seed = 5;
	FILE *s, *l;

	s = open_memstream(&status, &s_len);
	l = open_memstream(&list, &l_len);
	for (int i = 0; i < TRUTH_PACKAGES; i++) {
		const char *arch = archs[rand_r(&seed) % 4];
		char is[40], has[40];

		version_make(&seed, is);
		version_make(&seed, has);
		fprintf(s,
			"Package: p%d\nStatus: %s ok installed\nMaintainer: x <x@invalid>\n"
			"Architecture: %s\nVersion: %s\nDescription: x\n\n",
			i, rand_r(&seed) % 9 ? "install" : "hold", arch, is);
		if (!(rand_r(&seed) % 3))
			continue;
		fprintf(l,
			"Package: p%d\nVersion: %s\nArchitecture: %s\nMaintainer: x <x@invalid>\n"
			"Filename: p%d.deb\nSize: 1\nDescription: %0200d\n\n",
			i, has, arch, i, i);
	}
	fclose(s);
	fclose(l);
	assert_true(asprintf(&sources, "deb [trusted=yes] copy:%s/repo lab-security main\n",
			     r->path) > 0);
	assert_int_equal(put_text(r, OS_RELEASE, "VERSION_CODENAME=lab\n"), 0);
	assert_int_equal(put_text(r, "var/lib/dpkg/status", status), 0);
	assert_int_equal(put_text(r, "repo/dists/lab-security/main/binary-amd64/Packages", list),
			 0);
	assert_int_equal(put_text(r, "etc/apt/sources.list", sources), 0);
}

/* clang-format off */
#define MAKE_RELEASE                                                                      \
	"cd repo/dists/lab-security && list=main/binary-amd64/Packages && "                \
	"printf 'Label: Lab\\nSuite: lab-security\\nCodename: lab-security\\nDate: %s\\n"    \
	"Architectures: amd64 i386\\nComponents: main\\nSHA256:\\n %s %s %s\\n' "            \
	"\"$(LC_ALL=C date -uR)\" $(sha256sum <$list | cut -d' ' -f1) $(stat -c %s $list) $list >Release"
#define APT_GET                                                                           \
	"mkdir -p etc/apt/preferences.d var/lib/apt/lists/partial var/cache/apt/archives/partial && " \
	"APT_CONFIG=/dev/null apt-get -q -o Dir=$PWD -o Dir::State::status=$PWD/var/lib/dpkg/status " \
	"-o Dir::Etc::Parts=/dev/null -o APT::Architecture=amd64 -o APT::Architectures::=amd64 "    \
	"-o APT::Architectures::=i386 -o APT::Sandbox::User=root -o Acquire::Languages=none "       \
	"-o Acquire::GzipIndexes=false -o Debug::NoLocking=1 "
/* clang-format on */

#define OUTPUT_MAX (1024 * 1024)

/* Runs a script in the root; what it prints is the caller's to free. */
static char *sh(const struct root *r, const char *script)
{
	_free_ char *line = NULL;
	char *out = calloc(1, OUTPUT_MAX);
	FILE *p;

	assert_non_null(out);
	assert_true(asprintf(&line, "cd %s && { %s; } 2>&1", r->path, script) > 0);
	p = popen(line, "r");
	assert_non_null(p);
	assert_true(fread(out, 1, OUTPUT_MAX - 1, p) < OUTPUT_MAX - 1);
	if (pclose(p) != 0)
		fail_msg("%s\n%s", line, out);
	return out;
}

static bool apt_installs(const char *plan, struct word name)
{
	char line[80];

	snprintf(line, sizeof(line), "Inst %.*s", (int)name.len, name.p);
	for (const char *at = plan; (at = strstr(at, line)); at++)
		if (at[strlen(line)] == ' ' || at[strlen(line)] == ':')
			return true;
	return false;
}

/* apt itself says, of a host made by chance, which updates it would install. */
static void test_agrees_with_apt(void **state)
{
	_free_ char *released = NULL, *updated = NULL, *plan = NULL;
	struct inventory *inv = NULL;
	struct fault fault = { 0 };
	size_t n, pending = 0;
	struct apt *apt = NULL;
	const struct package *package;
	struct root r;
	struct apt_ask ask = { .lists = APT_LISTS, .max_age = DAY };

	(void)state;
	assert_int_equal(root_open(&r), 0);
	make_truth(&r);
	released = sh(&r, MAKE_RELEASE);
	updated = sh(&r, APT_GET "update");
	plan = sh(&r, APT_GET "-s dist-upgrade");
	assert_int_equal(dpkg_read(r.fd, &inv, &fault), 0);
	ask.root = r.fd;
	ask.now = io_now();
	if (apt_read(&ask, inv, &apt, &fault) < 0)
		fail_msg("%s\n%s", fault.why, updated);
	assert_string_equal(apt_seen(apt)->lists, "lab-security");
	package = inventory_list(inv, &n);
	assert_int_equal(n, TRUTH_PACKAGES);
	for (size_t i = 0; i < n; i++, package++) {
		bool ours = apt_candidate(apt, i)->fix.version.p && !package->held;

		if (ours != apt_installs(plan, package->name))
			fail_msg("%.*s: apt disagrees\n%s", (int)package->name.len, package->name.p,
				 plan);
		pending += ours;
	}
	assert_in_range(pending, TRUTH_PACKAGES / 10, TRUTH_PACKAGES);
	apt_free(apt);
	inventory_free(inv);
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agrees_with_apt),
	};

	return cmocka_run_group_tests_name("patches-apt", tests, NULL, NULL);
}
