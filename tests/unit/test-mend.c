// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What happens while a repair is under way: a policy is accepted, the host sleeps.  What is in
 * force, the repairs and what is remembered are the daemon's; looks are played by the test, and a
 * listener stands for systemd's socket of the remedy.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-event.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/daemon.h"
#include "agent/inforce.h"
#include "agent/memory.h"
#include "agent/mend.h"
#include "agent/remedy/remedy.h"
#include "tests/sim/clocks.h"
#include "tests/unit/alone.h"
#include "tests/unit/ledgers.h"

#define FIREWALL "{\"id\": \"firewall\", \"check\": \"firewall\", \"grace\": \"1h\", "
#define ENABLE	 "\"remedies\": [\"firewall-enable\"]}"
#define OTHER	 "{\"id\": \"another\", \"check\": \"firewall\", \"grace\": \"1h\"}"
#define BY_HAND	 "\"remedies\": []}"

static const struct config config = { .state_dir = folder,
				      .runtime_dir = folder,
				      .url = (char *)"" };
static int listener = -1;

static void accept_policy(const char *requirements)
{
	accepted = requirements;
	inforce_read(&host, true);
	assert_int_equal(*host.policy_fault, '\0');
}

static struct subject *subject_of(const char *id)
{
	for (size_t i = 0; i < host.n_subjects; i++)
		if (!strcmp(host.subjects[i].req->id, id))
			return &host.subjects[i];
	fail_msg("no requirement %s", id);
	return NULL;
}

static const struct repair *repairs(void)
{
	return memory_repairs(host.memory, "firewall");
}

/* It fails, and its remedy is begun; the other end of that. */
static int begin(void)
{
	struct subject *s = subject_of("firewall");
	char go = 0;
	int fd;

	s->finding.grade = GRADE_FAIL;
	mend_look(&host, s);
	mend(&host);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd >= 0 && read(fd, &go, 1) == 1 && go == REMEDY_GO);
	return fd;
}

static void end(int fd, const char *said)
{
	assert_int_equal(io_write(fd, said, strlen(said)), 0);
	close(fd);
	while (sd_event_run(host.loop, 0) > 0)
		;
	assert_null(host.run);
	assert_int_equal(rounds, 1);
}

static void test_keeps_the_result(void **state)
{
	const struct ladder *l;
	struct subject *s;
	struct seen seen;
	int fd;

	(void)state;
	accept_policy(FIREWALL ENABLE);
	fd = begin();
	accept_policy(OTHER "," FIREWALL ENABLE);
	s = subject_of("firewall");
	assert_ptr_equal(host.mending, s);
	assert_int_equal(s->n_tried, 1);
	assert_int_equal(s->last, REMEDY_FIREWALL_ENABLE);
	/* What a look sees meanwhile is half done, and no proof against it. */
	s->finding.grade = GRADE_FAIL;
	mend_look(&host, s);
	mend(&host);
	assert_int_equal(accept4(listener, NULL, NULL, SOCK_CLOEXEC), -1);
	end(fd, REMEDY_OK "\n");

	assert_string_equal(repairs()[0].text, "firewall-enable: done");
	l = memory_ladder(host.memory, s->req);
	assert_false(l->at_work);
	assert_int_equal(l->proven, 1); /* the next look has to prove it */
	assert_int_equal(memory_keep(host.memory), 0);
	seen = all_of(host.memory);
	assert_int_equal(seen.last.kind, ENTRY_LADDER);
	assert_string_equal(seen.last.name, "firewall");
}

static void test_keeps_a_failure(void **state)
{
	struct subject *s;
	int fd;

	(void)state;
	accept_policy(FIREWALL ENABLE);
	fd = begin();
	accept_policy(FIREWALL ENABLE);
	end(fd, REMEDY_FAILED "the disk is full\n");
	s = subject_of("firewall");
	assert_string_equal(repairs()[0].text, "firewall-enable: the disk is full");
	assert_false(memory_ladder(host.memory, s->req)->at_work);
	assert_int_equal(memory_ladder(host.memory, s->req)->proven, 0);
}

/* The lid is closed amid it: no time passes for it, nor for who waits. */
static void test_sleeps_amid(void **state)
{
	int fd;

	(void)state;
	accept_policy(FIREWALL ENABLE);
	fd = begin();
	clocks_sleep(10 * 3600 * CLOCKS_SECOND);
	clocks_fire();
	assert_true(sd_event_run(host.loop, 100000) >= 0);
	assert_non_null(host.run);
	end(fd, REMEDY_OK "\n");
	assert_string_equal(repairs()[0].text, "firewall-enable: done");
}

static void test_hangs(void **state)
{
	int fd;

	(void)state;
	accept_policy(FIREWALL ENABLE);
	fd = begin();
	clocks_pass(10 * 3600 * CLOCKS_SECOND);
	clocks_fire();
	assert_true(sd_event_run(host.loop, 1000000) >= 0);
	assert_null(host.run);
	assert_non_null(strstr(repairs()[0].text, "in its time"));
	close(fd);
}

/* What it ends with is nobody's, and nothing else is begun until then. */
static void nobody_has(const char *requirements)
{
	struct seen seen;
	int fd;

	accept_policy(FIREWALL ENABLE);
	fd = begin();
	accept_policy(requirements);
	assert_null(host.mending);
	assert_non_null(host.run);
	host.subjects[0].finding.grade = GRADE_FAIL;
	mend_look(&host, &host.subjects[0]);
	mend(&host);
	assert_int_equal(accept4(listener, NULL, NULL, SOCK_CLOEXEC), -1);
	end(fd, REMEDY_OK "\n");
	assert_int_equal(repairs()[0].at, 0);
	assert_int_equal(memory_keep(host.memory), 0);
	seen = all_of(host.memory);
	assert_int_not_equal(seen.last.kind, ENTRY_REPAIR);
}

static void test_the_requirement_is_gone(void **state)
{
	(void)state;
	nobody_has(OTHER);
}

static void test_its_remedies_are_others(void **state)
{
	(void)state;
	nobody_has(FIREWALL BY_HAND);
}

/* lazaretd starts while settings are written: there is nothing to mend yet, whatever was before. */
static void test_cannot_tell_yet(void **state)
{
	struct subject *s;

	(void)state;
	accept_policy(FIREWALL ENABLE);
	s = subject_of("firewall");
	for (int failed = 0; failed < 2; failed++) {
		if (failed) {
			s->finding = (struct finding){ .grade = GRADE_FAIL };
			mend_look(&host, s);
		}
		s->finding.grade = s->finding.counts = GRADE_UNKNOWN;
		s->finding.meanwhile = 1;
		mend_look(&host, s);
		mend(&host);
		assert_int_equal(accept4(listener, NULL, NULL, SOCK_CLOEXEC), -1);
	}
	s->finding.meanwhile = 0; /* that it is over is the look's to tell */
	mend_look(&host, s);
	mend(&host);
	close(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
	assert_non_null(host.run);
}

/* What was repaired failed once more, five times now, and a look passes again. */
static struct subject *tug(const char *requirement, const char *by)
{
	struct subject *s;
	struct ladder *l;

	accept_policy(requirement);
	s = subject_of("firewall");
	l = memory_ladder(host.memory, s->req);
	for (int i = 0; i <= TUG_FREE; i++)
		l->back[i] = io_now() - 60 * (i + 1);
	memory_undo(host.memory, "firewall", l->back[0], by);
	s->finding.grade = GRADE_PASS;
	s->verdict = (struct verdict){ .standing = STANDING_MET };
	snprintf(s->finding.what, sizeof(s->finding.what), "inbound is closed");
	return s;
}

/* Who it was is told, as far as it is known. */
static void test_tells_of_a_tug(void **state)
{
	static const struct {
		const char *by, *text;
	} rows[] = {
		{ "ufw (process 812)", "last by ufw (process 812)" },
		{ "", "last by somebody not known" },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct seen seen;

		mend_tell_tug(&host, tug(FIREWALL ENABLE, rows[i].by));
		assert_int_equal(memory_keep(host.memory), 0);
		seen = all_of(host.memory);
		assert_int_equal(seen.last.kind, ENTRY_TUG);
		assert_string_equal(seen.last.name, "firewall");
		assert_int_equal(seen.last.value, TUG_FREE + 1);
		assert_string_equal(seen.last.text, rows[i].text);
	}
}

/* Where the policy says so it is breached though it passes, until it was left alone for an hour. */
static void test_holds_in_a_tug(void **state)
{
	struct subject *s = tug(FIREWALL "\"tug\": \"quarantine\", " ENABLE, "ufw (process 812)");
	struct ladder *l = memory_ladder(host.memory, s->req);

	(void)state;
	mend_judge(&host, s);
	assert_int_equal(s->finding.grade, GRADE_FAIL);
	assert_string_equal(s->finding.what,
			    "failed again 5 times within an hour of repairs, last by ufw "
			    "(process 812); now: inbound is closed");
	assert_non_null(strstr(s->finding.todo, "find what keeps switching it off"));
	assert_int_equal(s->verdict.standing, STANDING_BREACHED);
	assert_true(s->verdict.since == l->back[TUG_FREE]);
	assert_true(s->verdict.until == l->back[0]);

	s = tug(FIREWALL ENABLE, "ufw (process 812)");
	mend_judge(&host, s);
	assert_int_equal(s->finding.grade, GRADE_PASS);
	assert_int_equal(s->verdict.standing, STANDING_MET);

	s = tug(FIREWALL "\"tug\": \"quarantine\", " ENABLE, "ufw (process 812)");
	memory_ladder(host.memory, s->req)->back[TUG_FREE] = io_now() - TUG_SPAN;
	mend_judge(&host, s);
	assert_int_equal(s->finding.grade, GRADE_PASS);
}

/* Nobody listens at its socket. */
static void test_cannot_be_started(void **state)
{
	struct subject *s;

	(void)state;
	accept_policy(FIREWALL ENABLE);
	close(listener);
	listener = -1;
	s = subject_of("firewall");
	s->finding.grade = GRADE_FAIL;
	mend_look(&host, s);
	mend(&host);
	assert_null(host.run);
	assert_true(repairs()[0].at > 0);
	assert_non_null(strstr(repairs()[0].text, "firewall-enable: "));
}

static int set_up(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	(void)state;
	host = (struct daemon){ .config = &config, .decision.mend = true };
	host.helpers.config = &config;
	host.memory = anew();
	host.history = memory_history(host.memory);
	rounds = 0;
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/remedy-firewall-enable.sock", folder);
	unlink(at.sun_path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 8), 0);
	return sd_event_new(&host.loop) < 0;
}

static int tear_down(void **state)
{
	(void)state;
	mend_stop(&host);
	inforce_forget(&host);
	host.memory = memory_close(host.memory);
	host.loop = sd_event_unref(host.loop);
	close(listener);
	return 0;
}

static int make_store(void **state)
{
	return make_folder(state) || mkdir(file("store"), 0700);
}

static int drop_store(void **state)
{
	rmdir(file("store"));
	unlink(file("remedy-firewall-enable.sock"));
	return drop_folder(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_keeps_the_result, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_keeps_a_failure, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sleeps_amid, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hangs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cannot_tell_yet, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cannot_be_started, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_tells_of_a_tug, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_holds_in_a_tug, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_requirement_is_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_its_remedies_are_others, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("mend", tests, make_store, drop_store);
}
