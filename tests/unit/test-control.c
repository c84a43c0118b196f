// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose socket it is: a daemon's that lives, or one that a dead daemon left. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "tests/unit/test.h"

#include "agent/control.h"
#include "tests/unit/root.h"

static char *no_verb(void *ctx, const char *verb, bool privileged)
{
	(void)ctx, (void)verb, (void)privileged;
	return NULL;
}

static int begin(sd_event *loop, const char *dir, struct control **ret)
{
	struct fault fault = { 0 };

	return control_new(loop, dir, no_verb, NULL, ret, &fault);
}

static void test_one_daemon(void **state)
{
	struct root r;
	struct control *first, *second = NULL;
	sd_event *loop;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	assert_return_code(sd_event_new(&loop), 0);
	assert_int_equal(begin(loop, r.path, &first), 0);
	assert_int_equal(begin(loop, r.path, &second), -EADDRINUSE);
	assert_null(second);
	control_free(first);
	assert_int_equal(begin(loop, r.path, &first), 0);
	control_free(first);
	sd_event_unref(loop);
	root_close(&r);
}

/* It has so much to do that no more callers can even wait. */
static void test_a_busy_daemon(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct control *first, *second = NULL;
	int calls[100], n = 0, r = 0;
	struct root root;
	sd_event *loop;

	(void)state;
	assert_int_equal(root_open(&root), 0);
	assert_return_code(sd_event_new(&loop), 0);
	assert_int_equal(begin(loop, root.path, &first), 0);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/" CONTROL_SOCKET, root.path);
	while (r == 0 && n < 100) {
		calls[n] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
		r = connect(calls[n++], (const struct sockaddr *)&at, sizeof(at));
	}
	assert_int_equal(r, -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(begin(loop, root.path, &second), -EADDRINUSE);
	while (n)
		close(calls[--n]);
	control_free(first);
	sd_event_unref(loop);
	root_close(&root);
}

/* A daemon that ends while it makes a helper, which has the socket until it runs its program. */
static _Noreturn void die_spawning(const char *dir, int told)
{
	struct control *c;
	sd_event *loop;
	pid_t helper;

	if (sd_event_new(&loop) < 0 || begin(loop, dir, &c) < 0)
		_exit(1);
	helper = fork();
	if (helper == 0) {
		alarm(5); /* at the latest: it has the standard output of a test that failed */
		pause();
		_exit(0);
	}
	_exit(helper < 0 || write(told, &helper, sizeof(helper)) != sizeof(helper));
}

static void test_a_dead_daemons_helper(void **state)
{
	struct root r;
	struct control *c;
	sd_event *loop;
	pid_t daemon, helper;
	int told[2], status;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	assert_return_code(pipe(told), 0);
	daemon = fork();
	if (daemon == 0)
		die_spawning(r.path, told[1]);
	assert_int_equal(read(told[0], &helper, sizeof(helper)), sizeof(helper));
	assert_int_equal(waitpid(daemon, &status, 0), daemon);
	assert_int_equal(status, 0);
	assert_return_code(sd_event_new(&loop), 0);
	assert_int_equal(begin(loop, r.path, &c), 0);
	control_free(c);
	sd_event_unref(loop);
	kill(helper, SIGKILL);
	close(told[0]);
	close(told[1]);
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_daemon),
		cmocka_unit_test(test_a_busy_daemon),
		cmocka_unit_test(test_a_dead_daemons_helper),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
