// SPDX-License-Identifier: GPL-2.0-or-later
/* When lazaretd asks lazaret-witness, and what an answer changes; who answers is the test. */
#include <string.h>

#include "agent/daemon.h"
#include "agent/errand.h"
#include "agent/round.h"
#include "agent/witness.h"
#include "tests/unit/test.h"

static unsigned asked, rounds;
static remedy_line hear;
static remedy_done done;

int errand_start(struct daemon *d, struct errand *e,
		 int (*helper)(const struct helpers *h, struct fault *fault), remedy_line line,
		 remedy_done end, struct fault *fault)
{
	(void)d, (void)e, (void)helper, (void)fault;
	asked++;
	hear = line;
	done = end;
	return 0;
}

void errand_drop(struct errand *e)
{
	(void)e;
}

bool errand_matters(struct errand *e)
{
	bool ret = e->news;

	e->news = false;
	return ret;
}

void round_look(struct daemon *d, const char *cause)
{
	(void)d, (void)cause;
	rounds++;
}

static void answer(struct daemon *d, const char *line)
{
	hear(d, line);
	done(d, 0, "");
}

/* A policy with nothing but a firewall: asked is for the name of what others can reach. */
static void test_holders(void **state)
{
	static struct daemon d;
	struct requirement req = { .check = CHECK_FIREWALL };
	struct policy p = { .requirements = &req, .n_requirements = 1 };

	(void)state;
	d.policy = &p;
	d.subjects[0].req = &req;
	d.n_subjects = 1;
	d.subjects[0].finding.nameless = true;
	witness_ask(&d);
	assert_int_equal(asked, 0);
	req.with.firewall.exposed.demanded = true;
	d.subjects[0].finding.nameless = false;
	witness_ask(&d);
	assert_false(witness_awaited(&d));
	assert_int_equal(asked, 0);
	d.subjects[0].finding.nameless = true;
	witness_ask(&d);
	assert_int_equal(asked, 1);
	answer(&d, "holds 1145 812 sshd");
	assert_int_equal(rounds, 1);
	assert_string_equal(holders_find(&d.holders, 1145)->name, "sshd");
	/* It says the same, of a socket that is the kernel's own perhaps. */
	d.witness.asked = 0;
	witness_ask(&d);
	assert_int_equal(asked, 2);
	answer(&d, "holds 1145 812 sshd");
	assert_int_equal(rounds, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_holders) };

	return cmocka_run_group_tests_name("witness", tests, NULL, NULL);
}
