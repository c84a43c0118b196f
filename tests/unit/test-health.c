// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/daemon.h"
#include "agent/health.h"
#include "agent/posture/remembered.h"
#include "agent/remedy/health.h"
#include "agent/round.h"
#include "tests/unit/test.h"

#define LIMIT_MS   5000
#define TEXTS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define MDATP(healthy, rtp)                                                                   \
	"{\"appVersion\":\"101.2\",\"healthy\":" healthy ",\"load\":0.5,\"healthIssues\":[]," \
	"\"realTimeProtectionEnabled\":{\"$type\":\"unlocked\",\"value\":" rtp "}}"

/* ----- what programs print */

static void test_menu(void **state)
{
	static const struct {
		enum health row;
		const char *text, *why; /* NULL: it works */
	} rows[] = {
		{ HEALTH_CLAMDSCAN, "PONG\n", NULL },
		{ HEALTH_CLAMDSCAN, "", "/usr/bin/clamdscan does not say \"PONG\"" },
		{ HEALTH_MDATP, MDATP("true", "true"), NULL },
		{ HEALTH_MDATP, MDATP("false", "true"), "/usr/bin/mdatp: \"healthy\" is not true" },
		{ HEALTH_MDATP, MDATP("\"true\"", "true"), "\"healthy\" is not true" },
		{ HEALTH_MDATP, MDATP("true", "false"),
		  "\"realTimeProtectionEnabled.value\" is not true" },
		{ HEALTH_MDATP, "{\"healthy\":true,\"realTimeProtectionEnabled\":true}",
		  "\"realTimeProtectionEnabled.value\" is not true" },
		{ HEALTH_MDATP, "{\"healthy\":true}", "\"realTimeProtectionEnabled.value\"" },
		{ HEALTH_MDATP, "{\"healthy\":false,\"healthy\":true}", "duplicate" },
		{ HEALTH_MDATP, "[true]", "\"healthy\" is not true" },
		{ HEALTH_MDATP, "ATTENTION: No license found.", "what is not its JSON" },
		{ HEALTH_MDATP, MDATP("true", "true") "x", "what is not its JSON" },
		{ HEALTH_MDATP, "", "what is not its JSON" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fault f = { 0 };
		int r = health_judge(&health_menu[rows[i].row], rows[i].text, strlen(rows[i].text),
				     &f);

		assert_int_equal(r, rows[i].why ? -EBADMSG : 0);
		if (rows[i].why && !strstr(f.why, rows[i].why))
			fail_msg("%s\nis refused with: %s", rows[i].text, f.why);
	}
}

/* ----- how they are run */

static int run(const char *script, unsigned limit_ms, struct fault *f)
{
	const struct health_entry e = { .argv = TEXTS("/bin/sh", "-c", script), .says = "fine" };

	*f = (struct fault){ 0 };
	return health_run(&e, limit_ms, f);
}

static void test_run(void **state)
{
	static const struct {
		const char *script, *why;
	} rows[] = {
		{ "echo fine", NULL },
		{ "echo fine; echo 'what does not matter' >&2", NULL },
		{ "read x || echo fine", NULL },
		{ "[ -z \"$LAZARET_SECRET$HOME\" ] && echo fine", NULL },
		{ "echo well", "/bin/sh does not say \"fine\"" },
		{ "echo fine >&2", "does not say" },
		{ "exit 3", "/bin/sh ended with status 3: it said nothing" },
		{ "echo fine; printf 'no\\033[1m daemon\\n' >&2; exit 3",
		  "ended with status 3: no?[1m daemon" },
		{ "echo fine; kill -SEGV $$", "/bin/sh was killed by signal 11" },
		{ "echo fine; head -c 70000 /dev/zero", "cannot be read: File too large" },
	};
	struct fault f;

	(void)state;
	setenv("LAZARET_SECRET", "x", 1);
	for (size_t i = 0; i < COUNT(rows); i++) {
		int r = run(rows[i].script, LIMIT_MS, &f);

		if (!r != !rows[i].why || (r && !strstr(f.why, rows[i].why)))
			fail_msg("%s: %d: %s", rows[i].script, r, f.why);
	}
}

/* Neither what hangs nor a child that is left behind holds anything up, and both are ended. */
static void test_end(void **state)
{
	uint64_t begun = io_awake_ms();
	struct fault f;
	char pid[16];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0); /* open for as long as one of them lives */
	assert_int_equal(run("echo fine; sleep 60 & sleep 60", 100, &f), -ETIMEDOUT);
	assert_non_null(strstr(f.why, "/bin/sh did not end within 100 ms"));
	assert_int_equal(run("sleep 60 & echo fine", LIMIT_MS, &f), 0);
	close(ends[1]);
	assert_int_equal(read(ends[0], pid, sizeof(pid)), 0);
	close(ends[0]);
	assert_true(io_awake_ms() - begun < 30000);
}

static void test_refused(void **state)
{
	char folder[] = "/tmp/test-health.XXXXXX", path[60];
	const struct health_entry e = { .argv = TEXTS(path), .says = "fine" };
	struct fault f = { 0 };

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/program", folder);
	assert_int_equal(health_run(&e, LIMIT_MS, &f), -ENOENT);
	assert_non_null(strstr(f.why, "program cannot be run: No such file"));
	assert_int_equal(io_replace(AT_FDCWD, path, "#!/bin/sh\necho fine\n", 20, 0755), 0);
	assert_int_equal(health_run(&e, LIMIT_MS, &f), 0);
	for (unsigned mode = 0002; mode <= 0020; mode *= 8) {
		f = (struct fault){ 0 };
		assert_int_equal(chmod(path, 0755 | mode), 0);
		assert_int_equal(health_run(&e, LIMIT_MS, &f), -EPERM);
		assert_non_null(strstr(f.why, "may be changed by others than root"));
	}
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(chown(path, 1, 0), 0);
	assert_int_equal(health_run(&e, LIMIT_MS, &f), -EPERM);
	assert_int_equal(unlink(path) | rmdir(folder), 0);
}

/* ----- how lazaretd has them run */

static struct daemon host;
static const char *verdict; /* what lazaret-health says; NULL: it cannot be reached */
static unsigned asked, rounds;
static char rows_asked[8];
static int far_end;

int helper_health(const struct helpers *h, struct fault *fault)
{
	int pair[2];

	(void)h, (void)fault;
	asked++;
	if (!verdict)
		return -ECONNREFUSED;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(io_write(pair[1], verdict, strlen(verdict)), 0);
	shutdown(pair[1], SHUT_WR);
	far_end = pair[1];
	return pair[0];
}

void round_look(struct daemon *d, const char *cause)
{
	(void)d, (void)cause;
	rounds++;
}

/* Until nothing is under way; counts what was asked. */
static void settle(void)
{
	while (host.health.run) {
		size_t n = strlen(rows_asked);
		int fd = far_end;

		assert_int_equal(read(fd, rows_asked + n, 1), 1);
		while (host.health.run && far_end == fd)
			assert_true(sd_event_run(host.loop, 1000000) > 0);
		close(fd);
	}
}

/* All was asked that long ago. */
static void put_word(int64_t age, int err)
{
	for (int row = 1; row < HEALTH_COUNT; row++) {
		const struct health_word w = { .at = io_now() - age, .err = err };

		remembered_set_health(host.host.remembered, (enum health)row, &w);
	}
}

static int begin(void **state)
{
	static struct provider providers[2] = { { .answer.ask = HEALTH_MDATP },
						{ .answer.ask = HEALTH_CLAMDSCAN } };
	static struct requirement requirements[3];
	static struct policy policy = { .requirements = requirements, .n_requirements = 3 };

	(void)state;
	host = (struct daemon){ .policy = &policy };
	for (size_t i = 0; i < 2; i++) {
		requirements[i].check = CHECK_ANTIVIRUS;
		requirements[i].with.antivirus.provider = &providers[i];
	}
	requirements[2].check = CHECK_FIREWALL;
	host.host.remembered = remembered_new();
	asked = rounds = 0;
	memset(rows_asked, 0, sizeof(rows_asked));
	verdict = "= ok\n";
	return sd_event_new(&host.loop) < 0;
}

static int end(void **state)
{
	(void)state;
	health_forget(&host);
	host.host.remembered = remembered_free(host.host.remembered);
	sd_event_unref(host.loop);
	return 0;
}

static void test_first_answer_is_awaited(void **state)
{
	struct health_word w;

	(void)state;
	assert_true(health_awaited(&host));
	assert_true(health_awaited(&host)); /* asked once */
	settle();
	assert_string_equal(rows_asked, "21");
	assert_int_equal(rounds, 1);
	assert_false(health_awaited(&host));
	health_ask(&host);
	assert_int_equal(asked, 2);
	assert_true(remembered_health(host.host.remembered, HEALTH_MDATP, io_now(), 9, &w));
	assert_int_equal(w.err, 0);
}

static void test_news_make_a_round(void **state)
{
	struct health_word w;

	(void)state;
	put_word(15, 0);
	health_ask(&host);
	settle();
	assert_int_equal(asked, 2);
	assert_int_equal(rounds, 0);
	verdict = "= failed: /usr/bin/mdatp: \"healthy\" is not true\n";
	put_word(15, 0);
	assert_false(health_awaited(&host));
	health_ask(&host);
	settle();
	assert_int_equal(rounds, 1);
	assert_true(remembered_health(host.host.remembered, HEALTH_MDATP, io_now(), 9, &w));
	assert_int_equal(w.err, -EIO);
	assert_string_equal(w.why, "/usr/bin/mdatp: \"healthy\" is not true");
}

/* What is repaired is looked at with an answer of afterwards. */
static void test_forgotten(void **state)
{
	(void)state;
	put_word(0, -EIO);
	assert_false(health_awaited(&host));
	health_forget(&host);
	assert_true(health_awaited(&host));
	settle();
	assert_int_equal(rounds, 1);
}

/* An answer counts until it is old; and nobody is asked over and over. */
static void test_nobody_answers(void **state)
{
	static const char *const rows[] = { NULL, "" };
	struct health_word w;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		verdict = rows[i];
		asked = 0;
		put_word(15, 0);
		health_ask(&host);
		settle();
		assert_int_equal(asked, 1);
		assert_true(
			remembered_health(host.host.remembered, HEALTH_MDATP, io_now(), 60, &w));
		assert_int_equal(w.err, 0);
		put_word(HEALTH_MAX_AGE, 0);
		assert_int_equal(health_awaited(&host), verdict != NULL);
		settle();
		assert_int_equal(asked, 2);
		assert_false(health_awaited(&host));
		assert_true(remembered_health(host.host.remembered, HEALTH_MDATP, io_now(), 9, &w));
		assert_int_equal(w.err, -ENOTCONN);
		assert_non_null(strstr(w.why, verdict ? "ended without an answer" : "refused"));
	}
}

/* Who sets the clock does not keep it asking. */
static void test_clock(void **state)
{
	(void)state;
	put_word(-3600, 0);
	assert_true(health_awaited(&host));
	settle();
	assert_int_equal(asked, 2);
	assert_false(health_awaited(&host));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_menu),
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_refused),
		cmocka_unit_test_setup_teardown(test_first_answer_is_awaited, begin, end),
		cmocka_unit_test_setup_teardown(test_news_make_a_round, begin, end),
		cmocka_unit_test_setup_teardown(test_forgotten, begin, end),
		cmocka_unit_test_setup_teardown(test_nobody_answers, begin, end),
		cmocka_unit_test_setup_teardown(test_clock, begin, end),
	};

	return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
