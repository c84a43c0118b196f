// SPDX-License-Identifier: GPL-2.0-or-later
/* The host sleeps while a program of a remedy is at work: it goes on when the host wakes up. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/remedy/step.h"
#include "tests/sim/clocks.h"
#include "tests/unit/test.h"

static char folder[] = "/tmp/test-asleep.XXXXXX";
static char fifo[sizeof(folder) + 8];
static int ends[2]; /* what it reports */

/* Closes the lid once it is at work, and opens it hours later. */
static void *lid(void *unused)
{
	char said[400] = "";
	size_t n = 0;
	ssize_t got = 1;
	int fd;

	(void)unused;
	while (!strstr(said, "unpacking") && got > 0 && n < sizeof(said) - 1) {
		got = read(ends[1], said + n, sizeof(said) - 1 - n);
		n += got > 0 ? (size_t)got : 0;
	}
	clocks_sleep(8 * 3600 * CLOCKS_SECOND);
	fd = open(fifo, O_WRONLY | O_CLOEXEC);
	(void)!write(fd, "\n", 1);
	close(fd);
	return NULL;
}

static void test_goes_on(void **state)
{
	char command[200];
	struct report report = { .fd = ends[0] };
	struct fault fault = { 0 };
	pthread_t thread;

	(void)state;
	snprintf(command, sizeof(command),
		 "echo unpacking; read x <%s; echo unpacked; sleep 0.1; echo set up", fifo);
	assert_int_equal(pthread_create(&thread, NULL, lid, NULL), 0);
	if (step_exec(STEP_ARGV("/bin/sh", "-c", command), 600, &report, &fault) < 0)
		fail_msg("%s", fault.why);
	pthread_join(thread, NULL);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	snprintf(fifo, sizeof(fifo), "%s/lid", folder);
	return mkfifo(fifo, 0600);
}

static int tear_down(void **state)
{
	(void)state;
	close(ends[0]);
	close(ends[1]);
	unlink(fifo);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_goes_on) };

	return cmocka_run_group_tests_name("asleep", tests, set_up, tear_down);
}
