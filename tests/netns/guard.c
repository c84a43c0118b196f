// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "tests/netns/common.h"
#include "tests/netns/guard.h"
#include "tests/unit/test.h"

#define PORT 7000 /* the allowed one; the next is not */
#define GAP  200  /* microseconds between two shots */

uint64_t guard_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t guard_time(uint64_t usec)
{
	const char *text = getenv("GUARD_SLOW");

	return text ? usec * strtoul(text, NULL, 10) : usec;
}

void guard_sleep(uint64_t usec)
{
	usleep((useconds_t)guard_time(usec));
}

static void write_file(const struct guard *g, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void write_file(const struct guard *g, const char *name, const char *fmt, ...)
{
	char path[160];
	va_list ap;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", g->dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	assert_int_equal(fclose(f), 0);
}

/* What is checked fails there, and the grace is over at once. */
static void write_generation(const struct guard *g, unsigned n, const char *check, const char *more)
{
	static const char *const format =
		"{ \"mode\": \"enforce\", \"look_every\": \"1min\", \"requirements\": [ { \"id\": "
		"\"it\", \"check\": \"%s\", \"grace\": \"0s\"%s } ], \"allow\": { \"policy\": [ { "
		"\"to\": \"10.78.0.2\", \"udp\": [%d] }, { \"to\": \"192.0.2.%u\", \"tcp\": [443] "
		"} ] } "
		"}";
	char name[64];

	sh("mkdir -p %s/store/generation-%u", g->dir, n);
	snprintf(name, sizeof(name), "store/generation-%u/policy.json", n);
	write_file(g, name, format, check, more, PORT, n);
	snprintf(name, sizeof(name), "store/generation-%u/accepted.json", n);
	write_file(g, name, "{\"version\":%u,\"expires\":4102444800,\"accepted\":1700000000}", n);
}

void guard_policy(struct guard *g, unsigned n)
{
	char to[32], link[160], next[160];

	snprintf(to, sizeof(to), "generation-%u", n);
	snprintf(link, sizeof(link), "%s/store/current", g->dir);
	snprintf(next, sizeof(next), "%s/store/next", g->dir);
	assert_int_equal(symlink(to, next), 0);
	assert_int_equal(rename(next, link), 0);
}

static void write_all(struct guard *g)
{
	strcpy(g->dir, "/tmp/lazaret-guard.XXXXXX");
	assert_non_null(mkdtemp(g->dir));
	sh("mkdir -p %s/root %s/run", g->dir, g->dir);
	write_file(g, "conf",
		   "[Agent]\nStateDirectory=%s\nRuntimeDirectory=%s/run\nHostRoot=%s/root\n"
		   "ClamdSocket=%s/none\n",
		   g->dir, g->dir, g->dir, g->dir);
	write_generation(g, 1, "antivirus", ", \"signatures_max_age\": \"7d\"");
	write_generation(g, 2, "antivirus", ", \"signatures_max_age\": \"7d\"");
	write_generation(g, GUARD_FIREWALL, "firewall", "");
	guard_policy(g, 1);
}

/* A namespace lives as long as a process in it. */
static void make_far(struct guard *g)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	g->far = fork();
	if (g->far == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(unshare(CLONE_NEWNET) < 0 || write(ready[1], "", 1) != 1 || pause());
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
}

static void open_sockets(struct guard *g)
{
	const int type = SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
	_close_ int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), far = -1;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", g->far);
	far = open(path, O_RDONLY | O_CLOEXEC);
	for (int i = 0; i < 2; i++) {
		union address a;
		socklen_t len = make_address("10.78.0.2", (uint16_t)(PORT + i), &a);

		g->send[i] = socket(AF_INET, type, 0);
		assert_int_equal(connect(g->send[i], &a.any, len), 0);
		assert_int_equal(setns(far, CLONE_NEWNET), 0);
		g->take[i] = socket(AF_INET, type, 0);
		assert_int_equal(bind(g->take[i], &a.any, len), 0);
		assert_int_equal(setns(home, CLONE_NEWNET), 0);
	}
}

void guard_begin(struct guard *g)
{
	*g = (struct guard){ 0 };
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	make_far(g);
	sh("ip link set lo up && ip link add n3-host type veth peer name n3-far netns %d", g->far);
	sh("ip addr add 10.78.0.1/24 dev n3-host && ip link set n3-host up");
	sh("nsenter -t %d -n ip addr add 10.78.0.2/24 dev n3-far && "
	   "nsenter -t %d -n ip link set n3-far up",
	   g->far, g->far);
	open_sockets(g);
	write_all(g);
}

void guard_end(struct guard *g)
{
	if (g->daemon)
		guard_kill(g);
	kill(g->far, SIGKILL);
	waitpid(g->far, NULL, 0);
	for (int i = 0; i < 2; i++) {
		close(g->send[i]);
		close(g->take[i]);
	}
	sh("rm -rf %s", g->dir);
}

void guard_start(struct guard *g)
{
	const char *build = getenv("O");
	char program[512], conf[160], log[160];

	snprintf(program, sizeof(program), "%s/agent/lazaretd", build ? build : "build");
	snprintf(conf, sizeof(conf), "%s/conf", g->dir);
	snprintf(log, sizeof(log), "%s/log", g->dir);
	g->daemon = fork();
	if (g->daemon == 0) {
		int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fd, 2);
		execl(program, program, "--foreground", "--config", conf, (char *)NULL);
		perror(program);
		_exit(127);
	}
	assert_true(g->daemon > 0);
}

void guard_kill(struct guard *g)
{
	int status;

	kill(g->daemon, SIGKILL);
	assert_int_equal(waitpid(g->daemon, &status, 0), g->daemon);
	g->daemon = 0;
	if (!WIFSIGNALED(status))
		fail_msg("lazaretd left with status %d before it was killed", status);
}

void guard_shoot(struct guard *g)
{
	char byte = 'x';

	for (int i = 0; i < 2; i++)
		(void)!send(g->send[i], &byte, 1, 0);
	for (int i = 0; i < 2; i++) {
		while (recv(g->take[i], &byte, 1, 0) == 1)
			g->got[i]++;
	}
}

void guard_shoot_for(struct guard *g, uint64_t usec)
{
	uint64_t end = guard_now() + guard_time(usec);

	do {
		guard_shoot(g);
		usleep(GAP);
	} while (guard_now() < end);
}
