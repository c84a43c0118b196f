// SPDX-License-Identifier: GPL-2.0-or-later
/* What lazaret-policy does not sign or publish, and what it keeps to itself. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/count.h"
#include "tests/unit/test.h"
#include "tests/unit/vet-lab.h"

#define LAB_DATED(how)                                                                         \
	"{\"mode\":\"audit\",\"requirements\":[{\"id\":\"p\",\"check\":\"patches\",\"grace\":" \
	"\"0s\","                                                                              \
	"\"deadlines\":{" how "}}]}"

static void test_publisher_refuses(void **state)
{
	static const struct {
		const char *args;
		int status;
		const char *words;
	} rows[] = {
		{ "--help", 0, "lazaret-policy sign [--expires SPAN]" },
		{ "", 2, "lazaret-policy lint FILE" },
		{ "frob", 2, "no subcommand frob" },
		{ "lint bad.json", 1, "bad.json:2:1: " },
		{ "lint policy.json", 0, "policy.json: good; mode audit, 1 requirements" },
		{ "lint policy.json", 0, "policy.json: note: allow.resolvers is empty" },
		{ "lint policy.json", 0, "policy.json: note: a requirement has no remedies" },
		{ "lint named.json", 0,
		  "named.json: note: a destination is a name without \"within\"" },
		{ "lint dated.json", 0,
		  "dated.json: note: a requirement has deadlines and no feed" },
		{ "lint dated.json", 0, "dated.json: note: deadlines count only while the policy" },
		{ "lint like.json", 0, "like.json: note: a firewall requirement has \"like\"" },
		{ "lint longer.json", 1, "critical has longer than high on a host of risk 1" },
		{ "lint absent.json", 1, "absent.json: No such file" },
		{ "lint", 2, "usage: lazaret-policy lint FILE" },
		{ "sign repo bad.json", 1, "bad.json:2:1: " },
		{ "sign nowhere policy.json", 1, "nowhere: No such file" },
		{ "sign --expires soon repo policy.json", 2, "--expires soon: not a span" },
		{ "init repo", 1, "repo/keys: is there already; nothing was changed" },
		{ "init --threshold rot=1 x", 2, "--threshold rot=1: must be ROLE=N" },
		{ "init --threshold root=0 x", 2, "must be ROLE=N" },
		{ "init --no-passphrase all new", 0, "new/keys: keep these secret" },
		{ "sign new", 1, "not signed: there is no policy yet; name one: sign DIR" },
		{ "publish repo repo", 1, "repo holds keys/, which a web server would serve" },
		{ "verify http://a/", 1, "http://a/: the address must begin with https://" },
		{ "verify --helper none https://a/", 1,
		  "none: No such file or directory; it comes" },
		{ "publish nowhere web", 1, "nowhere: No such file" },
		{ "bump empty", 1, "empty" },
		{ "rotate", 2, "usage: lazaret-policy rotate" },
		{ "rotate repo tarts", 1, "tarts is no role; there are root, timestamp" },
		{ "rotate --threshold 0 repo root", 2, "--threshold 0: not a number from 1" },
		{ "rotate --help", 0, "usage: lazaret-policy rotate" },
		{ "verify nowhere", 1, "not valid: nowhere: No such file" },
		{ "verify .", 1, "not valid: metadata/1.root.json: No such file" },
		{ "verify", 2, "usage: lazaret-policy verify" },
	};
	struct lab *l = *state;

	lab_put(l, "bad.json", "{\n");
	lab_put(l, "like.json",
		"{\"mode\":\"audit\",\"requirements\":[{\"id\":\"f\",\"check\":\"firewall\","
		"\"grace\":\"0s\",\"like\":[\"last-good\"]}]}");
	lab_put(l, "dated.json", LAB_DATED("\"count\":\"reachable\""));
	lab_put(l, "longer.json",
		LAB_DATED("\"allowed\":{\"high\":[\"1h\",\"1h\",\"1h\",\"1h\",\"1h\"]}"));
	lab_put(l, "named.json",
		"{\"mode\":\"audit\",\"requirements\":[{\"id\":\"f\",\"check\":\"firewall\","
		"\"grace\":"
		"\"0s\"}],\"allow\":{\"mirrors\":[{\"to\":\"a.example\",\"tcp\":[80]}]}}");
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(lab_run(l, rows[i].args), rows[i].status);
		lab_says(l, rows[i].words);
	}
	assert_int_equal(lab_run(l, "remove-target repo policy.json"), 0);
	assert_int_equal(lab_run(l, "publish repo web"), 0);
	lab_says(l, "note: there is no policy.json in it; hosts will keep");
	assert_int_equal(unlinkat(l->dir, "repo/keys/targets-2.pem", 0), 0);
	assert_int_equal(lab_run(l, "sign repo policy.json"), 3);
	lab_says(l,
		 "draft/targets.json waits: version 3 has 1 of 2 signatures; missing: targets-2");
}

static void test_keys_are_secret(void **state)
{
	struct lab *l = *state;
	struct stat st;

	assert_int_equal(fstatat(l->dir, "repo/keys", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(fstatat(l->dir, "repo/keys/root-1.pem", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(fstatat(l->dir, "web/keys", &st, 0), -1);
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, lab_open, lab_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_publisher_refuses),
		ROW(test_keys_are_secret),
	};

	return cmocka_run_group_tests_name("publish", tests, NULL, NULL);
}
