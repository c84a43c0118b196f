// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A host is held before it sleeps, and judged at once when it wakes up; but between the two sleeps
 * of suspend-then-hibernate it stays held, as nobody says that the second one is about to begin.
 */
#include <stddef.h>

#include "tests/sim/clocks.h"
#include "tests/sim/host.h"
#include "tests/unit/test.h"
#include "tests/unit/vet-lab.h"

#define HOUR (3600 * HOST_SECOND)
#define UNIT "sys/fs/cgroup/system.slice/systemd-suspend-then-hibernate.service"

static void is(struct simulated *s, const char *state)
{
	struct host_view v;

	host_look(s, &v);
	assert_string_equal(v.state, state);
}

/* What lazaret-sleep.service does before and after. */
static void ask(struct simulated *s, const char *verb)
{
	free(host_ask(s, verb));
}

static void sleep_for(struct simulated *s, uint64_t ns)
{
	clocks_sleep(ns);
	host_settle(s);
}

static void pass(struct simulated *s, unsigned seconds)
{
	while (seconds--)
		host_wait(s, HOST_SECOND);
}

/* systemd-sleep(8) is at work. */
static void begin(const struct simulated *s)
{
	host_run("mkdir -p %s/root/" UNIT " && echo populated 1 >%s/root/" UNIT "/cgroup.events",
		 s->path, s->path);
}

static void end(const struct simulated *s)
{
	host_run("rm -r %s/root/" UNIT, s->path);
}

static void test_suspend(void **state)
{
	struct simulated *s = *state;

	ask(s, "hold");
	is(s, "held");
	sleep_for(s, 2 * HOUR);
	is(s, "compliant");
	ask(s, "hold");
	pass(s, 58);
	is(s, "held");
	pass(s, 4);
	is(s, "compliant"); /* it did not sleep */
}

static void test_suspend_then_hibernate(void **state)
{
	struct simulated *s = *state;

	ask(s, "hold");
	begin(s);
	sleep_for(s, 2 * HOUR);
	pass(s, 30);
	is(s, "held");
	sleep_for(s, 48 * HOUR);
	is(s, "held");
	end(s);
	ask(s, "check");
	is(s, "compliant");
}

/* It is woken, and does not come to sleep again. */
static void test_woken(void **state)
{
	struct simulated *s = *state;

	ask(s, "hold");
	begin(s);
	sleep_for(s, 2 * HOUR);
	pass(s, 58);
	is(s, "held");
	pass(s, 4);
	is(s, "compliant");
	end(s);
}

struct stage {
	struct lab *lab;
	struct simulated host;
};

static int set_up(void **state)
{
	struct stage *stage = calloc(1, sizeof(*stage));

	if (lab_open((void **)&stage->lab))
		return -1;
	host_lab(stage->lab, "\"requirements\": [{\"id\": \"firewall\", \"check\": \"firewall\", "
			     "\"grace\": \"0s\"}]");
	host_make(&stage->host, stage->lab, "host", NULL);
	host_run("nft 'table inet host { chain input { type filter hook input priority 0; policy "
		 "drop; }; }'");
	is(&stage->host, "compliant");
	*state = &stage->host;
	return 0;
}

static int tear_down(void **state)
{
	struct simulated *s = *state;
	struct stage *stage = (void *)((char *)s - offsetof(struct stage, host));

	host_drop(s);
	lab_close((void **)&stage->lab);
	free(stage);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suspend),
		cmocka_unit_test(test_suspend_then_hibernate),
		cmocka_unit_test(test_woken),
	};

	return cmocka_run_group_tests_name("sleep", tests, set_up, tear_down);
}
