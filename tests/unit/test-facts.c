// SPDX-License-Identifier: GPL-2.0-or-later
/* A fact is new once and over once, however often it is seen between. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "agent/bus.h"
#include "agent/facts.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

static char ended[1024];

static void over(const struct fact *fact)
{
	strncat(ended, fact->what, sizeof(ended) - strlen(ended) - 2);
	strcat(ended, ";");
}

static void test_new_once_and_over_once(void **state)
{
	struct facts f = { 0 };

	(void)state;
	*ended = '\0';
	facts_begin(&f);
	assert_int_equal(facts_see(&f, 1, "eth0", "sent 5", 100), 1);
	assert_int_equal(facts_see(&f, 1, "eth1", "sent 6", 100), 1);
	assert_int_equal(facts_see(&f, 2, "eth0", "moved", 100), 1);
	facts_end(&f, over);
	assert_string_equal(ended, "");
	facts_begin(&f);
	assert_int_equal(facts_see(&f, 1, "eth0", "sent 9", 200), 0);
	facts_end(&f, over);
	assert_string_equal(ended, "sent 6;moved;");
	assert_int_equal(f.n, 1);
	assert_string_equal(f.list[0].what, "sent 9"); /* the words may change, */
	assert_int_equal(f.list[0].since, 100);	       /* and since when it is true does not */
	facts_begin(&f);
	facts_end(&f, over);
	assert_string_equal(ended, "sent 6;moved;sent 9;");
	assert_int_equal(facts_see(&f, 1, "eth0", "sent 1", 300), 1);
	facts_free(&f);
}

static void test_they_have_an_end(void **state)
{
	struct facts f = { 0 };

	(void)state;
	for (unsigned i = 0; i < FACTS_MAX; i++)
		assert_int_equal(facts_see(&f, i, "", "so", 1), 1);
	assert_int_equal(facts_see(&f, FACTS_MAX, "", "so", 1), -ENOSPC);
	assert_int_equal(facts_see(&f, 0, "", "so", 1), 0);
	facts_free(&f);
}

static int listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

/* A bus that answers whoever asks how to say who he is. */
static pid_t serve(int fd)
{
	static const char says[] = "REJECTED EXTERNAL\r\n";
	pid_t pid = fork();

	if (pid)
		return pid;
	for (char asked[16];;) {
		int one = accept(fd, NULL, NULL);

		if (read(one, asked, sizeof(asked)) == 7 && !memcmp(asked, "\0AUTH\r\n", 7))
			(void)!send(one, says, strlen(says), MSG_NOSIGNAL);
		close(one);
	}
}

/* A host that has none misses none, and one that is not served yet is only asked for late. */
static void test_the_bus(void **state)
{
	static const char events[] = "sys/fs/cgroup/system.slice/dbus.service/cgroup.events";
	_drop_(root_close) struct root root;
	char path[80];
	pid_t bus;
	int fd;

	(void)state;
	assert_int_equal(root_open(&root), 0);
	assert_int_equal(bus_look(root.fd, 0), BUS_WELL);
	root_text(&root, "usr/lib/systemd/system/dbus.socket", "");
	assert_int_equal(bus_look(root.fd, 0), BUS_WELL);
	root_text(&root, "run/systemd/system/x", "");
	assert_int_equal(bus_look(root.fd, 0), BUS_GONE);
	root_text(&root, events, "populated 1\n");
	assert_int_equal(bus_look(root.fd, 0), BUS_WELL);
	root_text(&root, events, "populated 0\n");
	root_text(&root, "run/dbus/x", "");
	snprintf(path, sizeof(path), "%s/run/dbus/system_bus_socket", root.path);
	fd = listen_at(path);
	assert_int_equal(bus_look(root.fd, 0), BUS_IDLE);
	/* Served, and not answered: by one that is stopped, then by one with a full queue. */
	root_text(&root, events, "populated 1\n");
	for (int i = 0; i < 3; i++)
		assert_int_equal(bus_look(root.fd, 10), BUS_SILENT);
	bus = serve(fd);
	for (int i = 0; i < 1000 && bus_look(root.fd, 10000) != BUS_WELL; i++)
		usleep(10000);
	assert_int_equal(bus_look(root.fd, 10000), BUS_WELL);
	kill(bus, SIGKILL);
	waitpid(bus, NULL, 0);
	close(fd);
	root_text(&root, events, "populated 0\n");
	assert_int_equal(bus_look(root.fd, 0), BUS_GONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_bus),
		cmocka_unit_test(test_new_once_and_over_once),
		cmocka_unit_test(test_they_have_an_end),
	};

	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
