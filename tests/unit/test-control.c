// SPDX-License-Identifier: GPL-2.0-or-later
/* The daemon's socket: whose it is, and that who asks there gets an answer. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "agent/base/count.h"
#include "tests/unit/test.h"

#include "agent/control.h"
#include "agent/verbs.h"
#include "tests/unit/root.h"

/* No memory for what is asked now; what is to come is waited for. */
static int no_memory(void *ctx, const char *verb, uid_t who, char **reply)
{
	(void)ctx, (void)reply;
	assert_int_equal(who, 0);
	return strcmp(verb, "later") ? 0 : CONTROL_WAITS;
}

static int begin(sd_event *loop, const char *dir, struct control **ret)
{
	struct fault fault = { 0 };

	return control_new(loop, dir, no_memory, NULL, ret, &fault);
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

static int call(const char *dir, const char *verb)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/" CONTROL_SOCKET, dir);
	assert_return_code(connect(fd, (const struct sockaddr *)&at, sizeof(at)), errno);
	assert_int_equal(send(fd, verb, strlen(verb), 0), strlen(verb));
	return fd;
}

static void run_dry(sd_event *loop)
{
	while (sd_event_run(loop, 0) > 0)
		;
}

static void assert_refused(int fd)
{
	char text[64] = "";

	assert_true(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT) > 0);
	assert_string_equal(text, "{\"error\":\"out of memory\"}");
	close(fd);
}

static void test_no_memory(void **state)
{
	struct control *c;
	struct root r;
	sd_event *loop;
	int now, later;
	char byte;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	assert_return_code(sd_event_new(&loop), 0);
	assert_int_equal(begin(loop, r.path, &c), 0);
	now = call(r.path, "now");
	later = call(r.path, "later");
	run_dry(loop);
	assert_refused(now);
	assert_int_equal(recv(later, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	control_release(c, "later", NULL);
	assert_refused(later);
	control_free(c);
	sd_event_unref(loop);
	root_close(&r);
}

/* Whatever these words are about: none of them gets as far as to the daemon, which is not there. */
static void test_refused_verbs(void **state)
{
	static const struct {
		const char *verb;
		bool root;
		const char *why;
	} rows[] = {
		{ "", true, "unknown verb" },
		{ "x", true, "unknown verb" },
		{ "status now", true, "unknown verb" },
		{ "statusnow", true, "unknown verb" },
		{ "firewall ", true, "unknown verb" },
		{ "check patches", true, "unknown verb" },
		{ "releases", true, "unknown verb" },
		{ "check", false, "only root may ask for this; use sudo" },
		{ "refresh", false, "only root may ask for this; use sudo" },
		{ "accept", false, "only root may ask for this; use sudo" },
		{ "hold", false, "only root may ask for this; use sudo" },
		{ "lacking", false, "lacking: the number of a row is to follow" },
		{ "lacking ", false, "lacking: the number of a row is to follow" },
		{ "lacking -1", false, "lacking: the number of a row is to follow" },
		{ "lacking  1", false, "lacking: the number of a row is to follow" },
		{ "lacking 1x", false, "lacking: the number of a row is to follow" },
		{ "lacking 99999999999999999999", false,
		  "lacking: the number of a row is to follow" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *reply = NULL, want[80];

		assert_int_equal(verbs_answer(NULL, rows[i].verb, rows[i].root ? 0 : 1000, &reply),
				 0);
		snprintf(want, sizeof(want), "{\"error\":\"%s\"}", rows[i].why);
		assert_string_equal(reply, want);
		free(reply);
	}
}

/* What was asked, in the order in which it was answered. */
static int note_verb(void *ctx, const char *verb, uid_t who, char **reply)
{
	char *all = ctx;

	assert_int_equal(who, *verb == 'u' ? 65534 : 0);
	all[strlen(all)] = *verb;
	*reply = strdup("{}");
	return *reply ? 0 : -ENOMEM;
}

static int call_as(uid_t who, const char *dir, const char *verb)
{
	int fd;

	assert_return_code(seteuid(who), errno);
	fd = call(dir, verb);
	assert_return_code(seteuid(0), errno);
	return fd;
}

static int on_event(sd_event_source *s, void *userdata)
{
	char *all = userdata;

	(void)s;
	all[strlen(all)] = 'e';
	return 0;
}

static void test_users_wait(void **state)
{
	struct fault fault = { 0 };
	char all[8] = "";
	sd_event_source *event;
	struct control *c;
	struct root root;
	sd_event *loop;
	int calls[3];

	(void)state;
	assert_int_equal(root_open(&root), 0);
	assert_return_code(chmod(root.path, 0755), 0);
	assert_return_code(sd_event_new(&loop), 0);
	assert_int_equal(control_new(loop, root.path, note_verb, all, &c, &fault), 0);
	calls[0] = call_as(65534, root.path, "u");
	calls[1] = call_as(65534, root.path, "u");
	calls[2] = call_as(0, root.path, "r");
	for (int i = 0; i < 3; i++)
		assert_true(sd_event_run(loop, 0) > 0); /* they are let in */
	assert_return_code(sd_event_add_defer(loop, &event, on_event, all), 0);
	run_dry(loop);
	assert_true(!strcmp(all, "reuu") || !strcmp(all, "eruu"));
	for (int i = 0; i < 3; i++)
		close(calls[i]);
	sd_event_source_unref(event);
	control_free(c);
	sd_event_unref(loop);
	root_close(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_daemon),
		cmocka_unit_test(test_a_busy_daemon),
		cmocka_unit_test(test_a_dead_daemons_helper),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_refused_verbs),
		cmocka_unit_test(test_users_wait),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
