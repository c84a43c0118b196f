// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deadlines of patches: how long each of them may be lacking, and since when, through restarts,
 * kills and clocks that leap.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/due.h"
#include "agent/judge.h"
#include "policy/publisher/feed-rows.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

#define HOUR 3600
#define DAY  (24 * HOUR)
#define T0   (20000 * (int64_t)DAY)

DEFINE_DROP(findings, findings_free)

static struct root root;
static int folder = -1;

static int open_root(void **state)
{
	(void)state;
	if (root_open(&root) < 0)
		return -1;
	folder = open(root.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder < 0;
}

static int close_root(void **state)
{
	(void)state;
	close(folder);
	root_close(&root);
	return 0;
}

static struct offered *reopen(struct offered *o, int want)
{
	struct fault fault = { 0 };

	offered_close(o);
	o = NULL;
	assert_int_equal(offered_open(folder, &o, &fault), want);
	assert_non_null(o);
	assert_int_equal(*fault.why != '\0', want != 0);
	return o;
}

static struct offered *anew(void)
{
	unlinkat(folder, "offered", 0);
	return reopen(NULL, 0);
}

/* n packages that lack a fix, p0 and on. */
static struct findings *lacking(size_t n, enum patch_state state, enum severity severity,
				int64_t published)
{
	struct findings *f = findings_end(findings_begin(NULL));
	struct patch p = { .installed = "1", .fixed = "2", .state = state, .severity = severity };
	char name[24];

	assert_non_null(f);
	p.package = name;
	p.by[severity].n = 1;
	p.by[severity].earliest = published;
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "p%zu", i);
		assert_int_equal(findings_add(f, &p), 0);
	}
	return f;
}

static void look(struct offered *o, const struct findings *f, int64_t now)
{
	offered_begin(o);
	assert_int_equal(offered_see(o, f, PATCHES_FAIL_ON, now), 0);
	offered_end(o, true);
}

static struct requirement demand(bool reachable)
{
	struct requirement req = { .check = CHECK_PATCHES,
				   .with.patches.fails_on = PATCHES_FAIL_ON,
				   .with.patches.deadlines = deadlines_preset };

	req.with.patches.deadlines.reachable = reachable;
	return req;
}

/* When the first of them is due; 0: nothing is. */
static int64_t until(const struct offered *o, const struct findings *f, unsigned risk,
		     bool reachable, int64_t now)
{
	const struct requirement req = demand(reachable);
	const struct due_terms t = { &req, o, risk, now };
	struct due due;

	return due_first(&t, f, &due) ? due.until : 0;
}

/* One finding, first seen at T0 and looked at a day later. */
static const struct {
	enum patch_state state;
	enum severity severity;
	int64_t published; /* days after T0 */
	unsigned risk;
	int64_t hours; /* after T0 that it is due; -1: never */
	const char *why;
} cases[] = {
	{ PATCH_AVAILABLE, SEVERITY_CRITICAL, -5, 5, 24,
	  "critical on a host of risk 5: 1 d since the fix was offered" },
	{ PATCH_AVAILABLE, SEVERITY_HIGH, -5, 5, 48,
	  "high on a host of risk 5: 2 d since the fix was offered" },
	{ PATCH_AVAILABLE, SEVERITY_CRITICAL, 1, 5, 48,
	  "critical on a host of risk 5: 1 d since the advisory" },
	{ PATCH_AVAILABLE, SEVERITY_CRITICAL, 2, 5, 24, "since the fix was offered" },
	{ PATCH_AVAILABLE, SEVERITY_UNKNOWN, 0, 3, 30 * 24, "medium on a host of risk 3: 4 w 2 d" },
	{ PATCH_AVAILABLE, SEVERITY_LOW, 0, 1, 180 * 24, "low on a host of risk 1: 25 w 5 d" },
	{ PATCH_RESTART, SEVERITY_HIGH, 0, 5, 48, "high" },
	{ PATCH_HELD, SEVERITY_CRITICAL, 0, 5, -1, "" },
	{ PATCH_NOT_OFFERED, SEVERITY_CRITICAL, 0, 5, -1, "" },
	{ PATCH_NO_FIX, SEVERITY_CRITICAL, 0, 5, -1, "" },
};

/* A fix that is installed could run since then, not since it was first seen. */
static void test_installed(void **state)
{
	static const struct {
		enum patch_state state;
		int64_t installed, since;
	} rows[] = {
		{ PATCH_RESTART, T0 - 5 * HOUR, T0 - 5 * HOUR },
		{ PATCH_RESTART, 0, T0 },
		{ PATCH_RESTART, T0 + HOUR, T0 },	/* a file's time may be of any clock */
		{ PATCH_AVAILABLE, T0 - 5 * HOUR, T0 }, /* of a list: not this host's time */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		_drop_(drop_findings) struct findings *f = findings_end(findings_begin(NULL));
		const struct requirement req = demand(false);
		struct due_terms t = { &req, anew(), 5, T0 };
		const struct patch p = { .package = "p",
					 .state = rows[i].state,
					 .obtainable = rows[i].installed };
		char why[DUE_TEXT];
		struct due due;

		assert_int_equal(findings_add(f, &p), 0);
		look((struct offered *)t.offered, f, T0);
		assert_non_null(due_first(&t, f, &due));
		assert_int_equal(due.since, rows[i].since);
		assert_int_equal(due.until, rows[i].since + 7 * DAY);
		due_text(&t, &due, why);
		assert_non_null(strstr(why, p.state == PATCH_RESTART
						    ? "since the fix was installed"
						    : "since the fix was offered"));
		offered_close((struct offered *)t.offered);
	}
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_drop_(drop_findings) struct findings *f = lacking(1, cases[i].state,
								   cases[i].severity,
								   T0 + cases[i].published * DAY);
		const struct requirement req = demand(false);
		struct due_terms t = { &req, anew(), cases[i].risk, T0 + DAY };
		char why[DUE_TEXT] = "";
		struct due due;

		look((struct offered *)t.offered, f, T0);
		if (due_first(&t, f, &due))
			due_text(&t, &due, why);
		else
			due.until = T0 - HOUR;
		assert_int_equal((due.until - T0) / HOUR, cases[i].hours);
		if (!strstr(why, cases[i].why) || !*cases[i].why != !*why)
			fail_msg("row %zu: %s", i, why);
		offered_close((struct offered *)t.offered);
	}
}

/* Worse or riskier is never later; and nothing is due before it could be had, plus its time. */
static void test_monotone(void **state)
{
	uint64_t x = 88172645463325252u;

	(void)state;
	for (int round = 0; round < 300; round++) {
		int64_t now, published, was_risk = 0;
		struct offered *o = anew();

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		now = T0 + (int64_t)(x % (200 * DAY));
		published = x & 1 ? 0 : T0 + (int64_t)((x >> 20) % (200 * DAY)) - 100 * DAY;
		offered_use(o, (x >> 8) % DAY);
		for (unsigned risk = 1; risk <= RISKS; risk++) {
			int64_t was = 0;

			for (int s = SEVERITY_LOW; s < SEVERITIES; s++) {
				_drop_(drop_findings) struct findings *f =
					lacking(1, PATCH_AVAILABLE, (enum severity)s, published);
				bool reachable = x & 2;
				int64_t at;

				look(o, f, s == SEVERITY_LOW && risk == 1 ? T0 : now);
				at = until(o, f, risk, reachable, now);
				assert_true(at >=
					    T0 + (int64_t)deadlines_preset.allowed[s][risk - 1]);
				assert_true(published > now ||
					    at >= published + (int64_t)deadlines_preset
								      .allowed[s][risk - 1]);
				assert_true(s == SEVERITY_LOW || at <= was);
				was = at;
			}
			assert_true(risk == 1 || was <= was_risk);
			was_risk = was;
		}
		offered_close(o);
	}
}

static void test_restart(void **state)
{
	_drop_(drop_findings) struct findings *one = lacking(1, PATCH_AVAILABLE, SEVERITY_HIGH, 0);
	_drop_(drop_findings) struct findings *held = lacking(1, PATCH_HELD, SEVERITY_HIGH, 0);
	_drop_(drop_findings) struct findings *two = lacking(2, PATCH_AVAILABLE, SEVERITY_HIGH, 0);
	_drop_(drop_findings) struct findings *none = lacking(0, PATCH_AVAILABLE, 0, 0);
	struct offered *o = anew();

	(void)state;
	look(o, one, T0);
	assert_int_equal(offered_keep(o), 0);
	o = reopen(o, 0);
	look(o, two, T0 + DAY);
	assert_int_equal(until(o, two, 5, false, T0 + DAY), T0 + 2 * DAY);
	/* A hold stops no clock. */
	look(o, held, T0 + DAY);
	assert_int_equal(until(o, held, 5, false, T0 + DAY), 0);
	look(o, one, T0 + DAY);
	assert_int_equal(until(o, one, 5, false, T0 + DAY), T0 + 2 * DAY);
	/* A look that was not whole forgets nothing. */
	offered_begin(o);
	offered_end(o, false);
	assert_int_equal(until(o, one, 5, false, T0 + DAY), T0 + 2 * DAY);
	/* What is mended and comes back is another matter. */
	look(o, none, T0 + DAY);
	look(o, one, T0 + 3 * DAY);
	assert_int_equal(until(o, one, 5, false, T0 + 3 * DAY), T0 + 5 * DAY);
	offered_close(o);
}

static void test_damaged(void **state)
{
	_drop_(drop_findings) struct findings *f = lacking(3, PATCH_AVAILABLE, SEVERITY_HIGH, 0);
	struct offered *o = anew();
	struct stat st;
	int fd;

	(void)state;
	look(o, f, T0);
	assert_int_equal(offered_keep(o), 0);
	assert_int_equal(fstatat(folder, "offered", &st, 0), 0);
	for (off_t at = 0; at < st.st_size; at++) {
		char was, bad;

		fd = openat(folder, "offered", O_RDWR | O_CLOEXEC);
		assert_int_equal(pread(fd, &was, 1, at), 1);
		bad = (char)(was ^ 1);
		assert_int_equal(pwrite(fd, &bad, 1, at), 1);
		o = reopen(o, -EBADMSG);
		assert_int_equal(until(o, f, 5, false, T0), 0);
		assert_int_equal(pwrite(fd, &was, 1, at), 1);
		close(fd);
	}
	o = reopen(o, 0);
	assert_int_equal(until(o, f, 5, false, T0), T0 + 2 * DAY);
	/* Cut short, it is no file of ours; and it is written anew. */
	fd = openat(folder, "offered", O_RDWR | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, st.st_size / 2), 0);
	close(fd);
	o = reopen(o, -EBADMSG);
	look(o, f, T0 + DAY);
	assert_int_equal(offered_keep(o), 0);
	o = reopen(o, 0);
	assert_int_equal(until(o, f, 5, false, T0 + DAY), T0 + 3 * DAY);
	offered_close(o);
}

/* Adds one more each time until it is killed. */
static void grow(void)
{
	struct offered *o = NULL;

	if (offered_open(folder, &o, NULL) < 0)
		_exit(1);
	for (size_t n = 1; n < 1000; n++) {
		struct findings *f = lacking(n, PATCH_AVAILABLE, SEVERITY_HIGH, 0);

		offered_begin(o);
		if (offered_see(o, f, PATCHES_FAIL_ON, T0 + (int64_t)n) < 0 || offered_keep(o) < 0)
			_exit(1);
		findings_free(f);
	}
	_exit(0);
}

static void test_kill(void **state)
{
	_drop_(drop_findings) struct findings *f = lacking(1, PATCH_AVAILABLE, SEVERITY_HIGH, 0);

	(void)state;
	offered_close(anew());
	for (int i = 0; i < 12; i++) {
		pid_t pid = fork();
		struct offered *o;
		int status;

		if (pid == 0)
			grow();
		while (i && faccessat(folder, "offered", F_OK, 0) < 0)
			usleep(100);
		usleep((useconds_t)(i * 700));
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
		o = reopen(NULL, 0);
		/* What was on disk once stays as it was. */
		if (i)
			assert_int_equal(until(o, f, 5, false, T0), T0 + 1 + 2 * DAY);
		offered_close(o);
	}
}

static void test_leap(void **state)
{
	_drop_(drop_findings) struct findings *f = lacking(1, PATCH_AVAILABLE, SEVERITY_HIGH, 0);
	struct offered *o = anew();

	(void)state;
	look(o, f, T0);
	offered_leap(o, 1000 * DAY);
	assert_int_equal(until(o, f, 5, false, T0 + 1000 * DAY), T0 + 1002 * DAY);
	offered_leap(o, -2000 * DAY);
	assert_int_equal(offered_keep(o), 0);
	o = reopen(o, 0);
	assert_int_equal(until(o, f, 5, false, T0 - 1000 * DAY), T0 - 998 * DAY);
	/* Set back while nobody ran: what seems to come from the future comes from now. */
	look(o, f, T0 - 1005 * DAY);
	assert_int_equal(until(o, f, 5, false, T0 - 1005 * DAY), T0 - 1003 * DAY);
	offered_close(o);
}

/* Only what somebody counted counts, and it is kept well enough. */
static void test_reachable(void **state)
{
	_drop_(drop_findings) struct findings *f = lacking(1, PATCH_AVAILABLE, SEVERITY_HIGH, 0);
	_drop_(drop_findings) struct findings *later = lacking(1, PATCH_AVAILABLE, SEVERITY_HIGH,
							       T0 + DAY);
	struct offered *o = anew();

	(void)state;
	offered_use(o, 7 * DAY);
	look(o, f, T0);
	assert_int_equal(until(o, f, 5, true, T0), T0 + 2 * DAY);
	assert_int_equal(until(o, f, 5, true, T0 + 9 * DAY), T0 + 11 * DAY);
	offered_use(o, DAY);
	assert_int_equal(until(o, f, 5, true, T0 + 9 * DAY), T0 + 10 * DAY);
	assert_int_equal(until(o, f, 5, false, T0 + 9 * DAY), T0 + 2 * DAY);
	/* Before the advisory came out nobody had to hurry. */
	assert_int_equal(until(o, later, 5, true, T0 + 9 * DAY), T0 + 11 * DAY);
	assert_int_equal(offered_keep(o), 0);
	offered_use(o, DAY - 60);
	assert_int_equal(offered_keep(o), 0);
	o = reopen(o, 0);
	offered_use(o, 60);
	assert_int_equal(until(o, f, 5, true, T0 + 20 * DAY), T0 + 20 * DAY);
	offered_close(o);
}

static int64_t cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Many cost little, and nothing at all once they are on disk. */
static void test_many(void **state)
{
	_drop_(drop_findings) struct findings *f = lacking(5000, PATCH_AVAILABLE, SEVERITY_HIGH, 0);
	struct offered *o = anew();
	struct stat was, st;
	int64_t before;

	(void)state;
	look(o, f, T0);
	assert_int_equal(offered_keep(o), 0);
	assert_int_equal(fstatat(folder, "offered", &was, 0), 0);
	assert_true(was.st_size < 5000 * 40);
	before = cpu_ms();
	look(o, f, T0 + HOUR);
	assert_int_equal(until(o, f, 5, false, T0 + HOUR), T0 + 2 * DAY);
	assert_int_equal(offered_keep(o), 0);
	print_message("a round over 5000: %d ms\n", (int)(cpu_ms() - before));
	assert_true(cpu_ms() - before < 500);
	assert_int_equal(fstatat(folder, "offered", &st, 0), 0);
	assert_int_equal(st.st_ino, was.st_ino);
	offered_close(o);
}

/* More than are remembered: what is worst is, and the disk is left alone afterwards. */
static void test_too_many(void **state)
{
	_drop_(drop_findings) struct findings *f = lacking(OFFERED_MAX, PATCH_AVAILABLE,
							   SEVERITY_LOW, 0);
	struct patch worst = { .package = "worst",
			       .installed = "1",
			       .severity = SEVERITY_CRITICAL };
	struct offered *o = anew();
	struct stat was, st;

	(void)state;
	look(o, f, T0);
	assert_int_equal(findings_add(f, &worst), 0);
	look(o, f, T0 + DAY);
	assert_int_equal(until(o, f, 5, false, T0 + DAY), T0 + 2 * DAY);
	assert_int_equal(offered_keep(o), 0);
	assert_int_equal(fstatat(folder, "offered", &was, 0), 0);
	look(o, f, T0 + 2 * DAY);
	assert_int_equal(offered_keep(o), 0);
	assert_int_equal(fstatat(folder, "offered", &st, 0), 0);
	assert_int_equal(st.st_ino, was.st_ino);
	o = reopen(o, 0);
	assert_int_equal(until(o, f, 5, false, T0 + 2 * DAY), T0 + 2 * DAY);
	offered_close(o);
}

struct line {
	const char *id, *fixed;
	enum severity severity;
};

static uint32_t put(struct feed_rows *r, const char *text)
{
	uint32_t at;

	assert_int_equal(rows_put_text(r, text, strlen(text), &at), 0);
	return at;
}

static struct word word(const char *text)
{
	return (struct word){ text, strlen(text) };
}

/* What a host with that version of openssl lacks, by a feed of these lines. */
static struct findings *by_feed(const struct line *lines, size_t n, const char *version)
{
	const struct package p = { .name = word("libssl3"),
				   .arch = word("amd64"),
				   .version = word(version),
				   .source = word("openssl"),
				   .source_version = word(version) };
	struct feed_rows rows = { .order = distro_find("debian")->order };
	const struct distro bookworm = { "debian", "12" };
	struct feed *feed = NULL;
	struct making *m;
	struct findings *f;
	char *bytes;
	size_t len;

	for (size_t i = 0; i < n; i++) {
		const struct feed_row row = { .kind = PACKAGE_SOURCE,
					      .state = ADVISORY_FIXED,
					      .severity = lines[i].severity,
					      .published = T0,
					      .package = put(&rows, "openssl"),
					      .id = put(&rows, lines[i].id),
					      .bound = put(&rows, lines[i].fixed),
					      .bound_is = BOUND_FIXED,
					      .source = (uint32_t)i };

		assert_int_equal(rows_add(&rows, &row), 0);
	}
	assert_int_equal(rows_write(&rows, &bookworm, T0, &bytes, &len, NULL), 0);
	rows_free(&rows);
	assert_int_equal(feed_use(bytes, len, &feed, NULL), 0);
	m = findings_begin(feed);
	assert_non_null(m);
	assert_int_equal(findings_judge(m, &p, NULL), 0);
	f = findings_end(m);
	feed_unmap(feed);
	free(bytes);
	return f;
}

/* Each advisory has its own clock, which neither a newer one nor half a repair sets again. */
static void test_advisories(void **state)
{
	static const struct line lines[] = { { "CVE-1", "2", SEVERITY_LOW },
					     { "CVE-2", "3", SEVERITY_HIGH },
					     { "CVE-3", "4", SEVERITY_HIGH } };
	_drop_(drop_findings) struct findings *first = by_feed(lines, 1, "1");
	_drop_(drop_findings) struct findings *second = by_feed(lines, 2, "1");
	_drop_(drop_findings) struct findings *third = by_feed(lines, 3, "1");
	_drop_(drop_findings) struct findings *half = by_feed(lines, 3, "3");
	struct offered *o = anew();

	(void)state;
	look(o, first, T0 + DAY);
	assert_int_equal(until(o, first, 5, false, T0 + DAY), T0 + 31 * DAY);
	look(o, second, T0 + 5 * DAY);
	assert_int_equal(until(o, second, 5, false, T0 + 5 * DAY), T0 + 7 * DAY);
	look(o, third, T0 + 6 * DAY);
	assert_int_equal(until(o, third, 5, false, T0 + 6 * DAY), T0 + 7 * DAY);
	look(o, half, T0 + 6 * DAY);
	assert_int_equal(until(o, half, 5, false, T0 + 6 * DAY), T0 + 8 * DAY);
	offered_close(o);
}

/* Of a package with more advisories than are told apart, none is lost. */
static void test_merged(void **state)
{
	static char ids[PATCH_MARKS_MAX + 10][28];
	struct line lines[PATCH_MARKS_MAX + 10];
	size_t n = PATCH_MARKS_MAX + 10;
	struct findings *f;
	const struct patch *p;
	bool worst = false;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		snprintf(ids[i], sizeof(ids[i]), "CVE-%02zu", i);
		lines[i] = (struct line){ ids[i], "2", i ? SEVERITY_LOW : SEVERITY_CRITICAL };
	}
	f = by_feed(lines, n, "1");
	p = findings_list(f, &n);
	assert_int_equal(n, 1);
	assert_true(p->n_marks > PATCH_MARKS_MAX && p->n_marks <= PATCH_MARKS_MAX + SEVERITIES);
	for (size_t i = 0; i < p->n_marks; i++)
		worst |= findings_marks(f, p)[i].severity == SEVERITY_CRITICAL;
	assert_true(worst);
	findings_free(f);
}

/* What is due and what else is amiss: whichever comes first. */
static void test_judged(void **state)
{
	const struct verdict met = { .standing = STANDING_MET };
	const struct verdict grace = { STANDING_GRACE, T0 - HOUR, T0 + HOUR };
	struct verdict v = judge_due(met, T0 - DAY, T0 + DAY, T0);

	(void)state;
	assert_int_equal(v.standing, STANDING_GRACE);
	assert_int_equal(v.since, T0 - DAY);
	assert_int_equal(v.until, T0 + DAY);
	assert_int_equal(judge_due(met, T0 - DAY, T0, T0).standing, STANDING_BREACHED);
	v = judge_due(grace, T0 - DAY, T0 + DAY, T0);
	assert_int_equal(v.standing, STANDING_GRACE);
	assert_int_equal(v.since, T0 - DAY);
	assert_int_equal(v.until, T0 + HOUR);
	assert_int_equal(judge_due(grace, T0 - DAY, T0 + DAY, T0 + HOUR).standing,
			 STANDING_BREACHED);
	assert_int_equal(judge_due(grace, T0 - DAY, T0 - 1, T0).standing, STANDING_BREACHED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	   cmocka_unit_test(test_installed),
		cmocka_unit_test(test_monotone),   cmocka_unit_test(test_restart),
		cmocka_unit_test(test_damaged),	   cmocka_unit_test(test_kill),
		cmocka_unit_test(test_leap),	   cmocka_unit_test(test_reachable),
		cmocka_unit_test(test_many),	   cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_advisories), cmocka_unit_test(test_merged),
		cmocka_unit_test(test_judged),
	};

	return cmocka_run_group_tests(tests, open_root, close_root);
}
