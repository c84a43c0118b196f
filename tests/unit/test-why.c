// SPDX-License-Identifier: GPL-2.0-or-later
/* What `lazaret why` says of each state a host may be in, to answers that the test gives. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/count.h"
#include "tests/unit/test.h"

static char folder[] = "/tmp/test-why.XXXXXX";
static char program[PATH_MAX + 40];
static int listener = -1;

static void serve(const char *reply)
{
	char verb[64];
	int fd = accept(listener, NULL, NULL);

	_exit(fd < 0 || recv(fd, verb, sizeof(verb), 0) <= 0 ||
	      send(fd, reply, strlen(reply), 0) < 0);
}

/* Its exit status. */
static int why(const char *reply, const char *how, char *said, size_t room)
{
	char command[PATH_MAX + 100];
	pid_t pid = fork();
	int status;
	size_t n;
	FILE *p;

	assert_true(pid >= 0);
	if (!pid)
		serve(reply);
	snprintf(command, sizeof(command), "%s --socket %s/socket why %s 2>&1", program, folder,
		 how);
	p = popen(command, "r");
	assert_non_null(p);
	n = fread(said, 1, room - 1, p);
	said[n] = '\0';
	status = pclose(p);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return WEXITSTATUS(status);
}

#define HOST(state, more)                                                                         \
	"{\"mode\": \"enforce\", \"since\": 1000, \"now\": 2000, \"contact\": \"the helpdesk\", " \
	"\"quarantine\": true, \"until\": 2060, \"state\": \"" state "\", " more "}"
#define POLICY(age) "\"policy\": {\"version\": 3, \"expires\": 1500, \"age\": \"" age "\"}"
#define REQ(id, grade, standing)                                                   \
	"{\"id\": \"" id "\", \"grade\": \"" grade "\", \"standing\": \"" standing \
	"\", \"until\": 3000, \"what\": \"seen of " id "\", \"contact\": \"the helpdesk\"}"

static const struct row {
	const char *reply;
	int exit;
	const char *has[4], *lacks[2];
} rows[] = {
	/* what is breached is the reason */
	{ HOST("quarantined", POLICY("fresh") ", \"requirements\": [" REQ(
				      "av", "fail", "breached") ", " REQ("fw", "pass", "met") "]"),
	  4,
	  { "seen of av", "contact: the helpdesk" },
	  { "seen of fw", "several times" } },
	/* nothing is, and it lingers */
	{ HOST("quarantined", POLICY("fresh") ", \"requirements\": [" REQ("av", "pass", "met") "]"),
	  4,
	  { "several times within the hour", "until ", "contact: the helpdesk" },
	  { "is met" } },
	{ HOST("quarantined",
	       POLICY("fresh") ", \"requirements\": [" REQ("av", "fail", "grace") "]"),
	  4,
	  { "seen of av", "several times within the hour", "contact: the helpdesk" },
	  { 0 } },
	{ HOST("quarantined", POLICY("stale") ", \"requirements\": [" REQ("av", "pass", "met") "]"),
	  4,
	  { "EXPIRED", "demands quarantine", "contact: the helpdesk" },
	  { "several times", "is met" } },
	{ HOST("held", POLICY("fresh") ", \"requirements\": [" REQ("av", "pass", "met") "]"),
	  4,
	  { "not judged here yet", "seconds", "contact: the helpdesk" },
	  { "is met" } },
	/* lazaret-hold's quarantine, and no policy to tell anything */
	{ HOST("unmanaged", "\"policy\": {\"version\": 0, \"fault\": \"no route\"}"),
	  5,
	  { "none in force", "no route", "sudo lazaret refresh" },
	  { 0 } },
	{ HOST("compliant", POLICY("fresh") ", \"requirements\": [" REQ("av", "pass", "met") "]"),
	  0,
	  { "each requirement is met" },
	  { "seen of av", "not judged" } },
	{ HOST("grace", POLICY("fresh") ", \"requirements\": [" REQ("av", "fail", "grace") "]"),
	  3,
	  { "seen of av", "time until" },
	  { "several times", "is met" } },
	/* ... of a daemon that knows more than we do */
	{ HOST("paused", POLICY("fresh")), 1, { "paused" }, { 0 } },
	/* what is no answer is none */
	{ "{}", 1, { "no readable answer" }, { "since" } },
	{ "{\"error\":\"the answer is too long\"}", 1, { "the answer is too long" }, { "since" } },
};

static void test_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];
		char said[4096];

		assert_int_equal(why(r->reply, "--json", said, sizeof(said)), r->exit);
		assert_int_equal(why(r->reply, "", said, sizeof(said)), r->exit);
		for (size_t k = 0; k < 4 && r->has[k]; k++)
			if (!strstr(said, r->has[k]))
				fail_msg("row %zu lacks \"%s\": %s", i, r->has[k], said);
		for (size_t k = 0; k < 2 && r->lacks[k]; k++)
			if (strstr(said, r->lacks[k]))
				fail_msg("row %zu has \"%s\": %s", i, r->lacks[k], said);
	}
}

static int set_up(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	(void)state;
	if (n < 0 || !mkdtemp(folder))
		return -1;
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(program, sizeof(program), "%s/../../agent/lazaret", self);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/socket", folder);
	listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	return bind(listener, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(listener, 1) < 0;
}

static int tear_down(void **state)
{
	char path[sizeof(folder) + 10];

	(void)state;
	snprintf(path, sizeof(path), "%s/socket", folder);
	unlink(path);
	close(listener);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_why) };

	return cmocka_run_group_tests_name("why", tests, set_up, tear_down);
}
