// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A product that is asked over its socket, with a text of its provider's: what a look makes of what
 * comes back, and whether a remedy takes the product for one that is up again.
 */
#include <errno.h>

#include "agent/base/count.h"
#include "agent/remedy/await.h"
#include "agent/remedy/step.h"
#include "tests/unit/clamav.h"

#define ASKED  "status\n"
#define WANTED "ready"

/* Whom nobody asks as it wants to be asked, does not say that it works. */
static void talk(int listener, const char *says, bool ends)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		char command[32] = "";
		ssize_t n = read(fd, command, sizeof(command) - 1);

		if (n < 0 || strcmp(command, ASKED))
			says = "what?\n";
		io_write(fd, says, strlen(says));
		if (ends)
			close(fd);
	}
}

static pid_t start_talking(const char *says, bool ends)
{
	_close_ int fd = listen_there();
	pid_t pid = fork();

	if (pid == 0)
		talk(fd, says, ends);
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Another product than the one built in, since its own socket is asked. */
static struct requirement asks(struct provider *p)
{
	struct requirement req = plain;

	*p = provider_clamav;
	p->answer = (struct provider_answer){ .speaks = TONGUE_TEXT };
	strcpy(p->answer.socket, path);
	strcpy(p->answer.send, ASKED);
	strcpy(p->answer.expect, WANTED);
	strcpy(p->units[0].name, "lazaret-test-of-answers.service");
	req.with.antivirus.provider = p;
	return req;
}

static const struct {
	const char *says;
	bool ends; /* and closes then */
	enum grade grade;
	const char *what;
} rows[] = {
	{ WANTED "\n", false, GRADE_PASS, "clamd answers \"ready\"" },
	{ WANTED " for 3 days\n", false, GRADE_PASS, "clamd answers \"ready\"" },
	{ WANTED, true, GRADE_PASS, "clamd answers \"ready\"" },
	{ "not ready\n", false, GRADE_FAIL, "clamd answers otherwise than \"ready\"" },
	{ "read\n", false, GRADE_FAIL, "clamd answers otherwise" },
	{ "rea", true, GRADE_FAIL, "clamd answers otherwise" },
	{ "", true, GRADE_FAIL, "clamd answers otherwise" },
	{ "", false, GRADE_FAIL, "clamd does not answer on" },
	{ WANTED, false, GRADE_FAIL, "clamd does not answer on" }, /* it may say more yet */
};

static void test_look(void **state)
{
	struct provider provider;
	const struct requirement req = asks(&provider);

	(void)state;
	install();
	for (size_t i = 0; i < COUNT(rows); i++) {
		pid_t pid = start_talking(rows[i].says, rows[i].ends);
		uint64_t begun = io_boot_ms();
		const struct evidence *e;
		struct finding f;

		look_by(&req, NULL, &f);
		stop(pid);
		assert_in_range(io_boot_ms() - begun, 0, 1300);
		e = evidence(&f, "answer");
		assert_non_null(e);
		if (e->grade != rows[i].grade || !strstr(e->what, rows[i].what))
			fail_msg("row %zu: %d: %s", i, (int)e->grade, e->what);
		assert_true(e->demanded);
		assert_int_equal(f.grade, rows[i].grade);
	}
}

static void test_nobody_there(void **state)
{
	struct provider provider;
	const struct requirement req = asks(&provider);
	struct finding f;

	(void)state;
	install();
	stop(start_talking("", false)); /* it left its socket behind */
	look_by(&req, NULL, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	assert_non_null(strstr(f.what, "clamd is not running: nobody listens on"));
}

/* A remedy that has no time left asks once. */
static void test_comes_up(void **state)
{
	struct provider provider;
	const struct requirement req = asks(&provider);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct report report = { .fd = -1, .end_ms = io_awake_ms() + 1 };
		pid_t pid = start_talking(rows[i].says, rows[i].ends);
		struct fault fault = { 0 };
		int r = await_work(&req, &report, &fault);

		stop(pid);
		if (r != (rows[i].grade == GRADE_PASS ? 0 : -ETIMEDOUT))
			fail_msg("row %zu: %d: %s", i, r, fault.why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_comes_up),
	};

	return cmocka_run_group_tests_name("answer", tests, set_up, tear_down);
}
