// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/base/pidfd.h"
#include "agent/remedy/step.h"

#define REPORT_WAIT_MS 1000
#define TERM_WAIT_MS   10000 /* dpkg finishes the package it is at */

/* Everything a program gets to know of its surroundings. */
static char *const step_env[] = {
	(char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	(char *)"HOME=/root",
	(char *)"LANG=C.UTF-8",
	(char *)"DEBIAN_FRONTEND=noninteractive",
	(char *)"APT_LISTCHANGES_FRONTEND=none",
	(char *)"NEEDRESTART_SUSPEND=1",
	(char *)"SYSTEMD_PAGER=",
	(char *)"SYSTEMD_COLORS=0",
	NULL,
};

struct program {
	pid_t pid;
	int pidfd, out; /* it ends; it writes */
	struct lines lines;
	struct report *report;
	lines_take each; /* its lines, instead of reporting them; NULL */
	void *ctx;
	bool told;
	char last[LINE_TEXT_MAX]; /* its last words for the fault, or the first cause it told */
};

void step_sleep(unsigned ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

uint64_t step_left(const struct report *report, uint64_t ms)
{
	uint64_t now = io_awake_ms(), left = report->end_ms > now ? report->end_ms - now : 0;

	return report->end_ms && left < ms ? left : ms;
}

void report_line(struct report *report, const char *mark, const char *text)
{
	struct pollfd p = { .fd = report->fd, .events = POLLOUT };
	char line[LINE_TEXT_MAX + 16];
	int n = snprintf(line, sizeof(line) - 1, "%s%s", mark, text);

	if (n < 0 || p.fd < 0 || poll(&p, 1, REPORT_WAIT_MS) <= 0)
		return;
	n = n < (int)sizeof(line) - 2 ? n : (int)sizeof(line) - 2;
	/* What others wrote must not become a line of its own. */
	for (int i = 0; i < n; i++)
		line[i] = line[i] == '\n' || line[i] == '\r' ? '?' : line[i];
	line[n++] = '\n';
	if (io_write(report->fd, line, (size_t)n) == 0)
		report->sent += (size_t)n;
}

/* apt-get's and dnf's, which begins with what it cannot do and tells below why. */
static bool is_cause(const char *line)
{
	static const char *const beginnings[] = { "E: ", "Error: ", "Problem: package ",
						  "- package ", "- nothing provides " };

	for (size_t i = 0; i < COUNT(beginnings); i++) {
		size_t n = strlen(beginnings[i]);

		if (!strncmp(line, beginnings[i], n))
			return line[n] != '\0';
	}
	return false;
}

static void on_line(void *ctx, const char *line)
{
	const char *words = line + strspn(line, " ");
	struct program *p = ctx;

	if (!p->told)
		snprintf(p->last, sizeof(p->last), "%s", words);
	p->told = p->told || is_cause(words);
	if (p->each)
		p->each(p->ctx, line);
	else if (p->report->sent < STEP_OUTPUT_MAX)
		report_line(p->report, "  ", line);
}

/* Takes what is there.  false at the end of the stream. */
static bool drain(struct program *p)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(p->out, buf, sizeof(buf))) > 0)
		lines_feed(&p->lines, buf, (size_t)n, on_line, p);
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/*
 * The program's end is its own: a child it left behind may keep the pipe open for
 * ever.  0, -ETIMEDOUT, or -errno.
 */
static int follow(struct program *p, uint64_t wait_ms)
{
	uint64_t end = io_awake_ms() + wait_ms, now;
	struct pollfd fds[] = { { .fd = p->pidfd, .events = POLLIN },
				{ .fd = p->out, .events = POLLIN } };

	while ((now = io_awake_ms()) < end) {
		if (poll(fds, 2, (int)(end - now)) < 0 && errno != EINTR)
			return -errno;
		if (fds[1].revents && !drain(p))
			fds[1].fd = -1;
		if (fds[0].revents)
			return 0;
	}
	return -ETIMEDOUT;
}

int step_start(const char *const *argv, char *const *env, int out, int err, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t defaults, none;
	int r;

	sigfillset(&defaults);
	sigemptyset(&none);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigdefault(&attr, &defaults);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
						POSIX_SPAWN_SETSIGMASK);
	r = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&files, out, 1);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&files, err, 2);
	if (r == 0)
		r = posix_spawn(ret, argv[0], &files, &attr, (char *const *)argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return -r;
}

/* Its whole group: asked first, then made to. */
static void end_group(struct program *p)
{
	kill(-p->pid, SIGTERM);
	if (follow(p, TERM_WAIT_MS) < 0)
		kill(-p->pid, SIGKILL);
}

static int judge(int status, const char *name, const char *last, struct fault *fault)
{
	const char *colon = *last ? ": " : "";

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		return fault_set(fault, -EIO, "%s was killed by signal %d%s%s", name,
				 WTERMSIG(status), colon, last);
	return fault_set(fault, -EIO, "%s ended with status %d%s%s", name, WEXITSTATUS(status),
			 colon, last);
}

/* What env(1) runs is who did it. */
static const char *name_of(const char *const *argv)
{
	if (strcmp(*argv, "/usr/bin/env") != 0)
		return *argv;
	while (*++argv && strchr(*argv, '='))
		;
	return *argv ? *argv : "/usr/bin/env";
}

int step_read(const char *const *argv, unsigned limit_s, struct report *report, lines_take each,
	      void *ctx, struct fault *fault)
{
	const uint64_t limit_ms = step_left(report, (uint64_t)limit_s * 1000);
	struct program p = { .report = report, .each = each, .ctx = ctx };
	_close_ int out = -1, in = -1, pidfd = -1;
	int pipefd[2], status = 0, r;

	if (!limit_ms)
		return fault_set(fault, -ETIMEDOUT, "no time is left for %s", argv[0]);
	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return fault_set(fault, -errno, "no pipe for %s: %s", argv[0], strerror(errno));
	p.out = out = pipefd[0];
	in = pipefd[1];
	fcntl(out, F_SETFL, O_NONBLOCK);
	r = step_start(argv, step_env, in, in, &p.pid);
	if (r < 0)
		return fault_set(fault, r, "cannot start %s: %s", argv[0], strerror(-r));
	close(take_fd(&in));
	p.pidfd = pidfd = pidfd_of(p.pid);
	r = pidfd < 0 ? pidfd : follow(&p, limit_ms);
	if (r < 0)
		end_group(&p);
	while (waitpid(p.pid, &status, 0) < 0)
		if (errno != EINTR)
			return fault_set(fault, -errno, "cannot tell how %s ended", argv[0]);
	drain(&p);
	lines_end(&p.lines, on_line, &p);
	if (r == -ETIMEDOUT)
		return fault_set(fault, r, "%s did not end within %u s", name_of(argv),
				 (unsigned)(limit_ms / 1000));
	if (r < 0)
		return fault_set(fault, r, "cannot follow %s: %s", argv[0], strerror(-r));
	return judge(status, name_of(argv), p.last, fault);
}

int step_exec(const char *const *argv, unsigned limit_s, struct report *report, struct fault *fault)
{
	return step_read(argv, limit_s, report, NULL, NULL, fault);
}

static int step_run(const struct step *s, struct report *report, struct fault *fault)
{
	struct fault own = { 0 };
	int r;

	if (s->needs && access(s->needs, F_OK) < 0)
		return 0;
	if (s->say)
		report_line(report, "+ ", s->say);
	r = s->argv ? step_exec(s->argv, s->limit_s, report, &own) : s->call(report, &own);
	if (r == 0)
		return 0;
	if (!s->may_fail)
		return fault_set(fault, r, "%s", own.why);
	if (s->say)
		report_line(report, "  (going on) ", own.why);
	if (s->owes && !report->owed)
		report->owed = fault_set(&report->owing, r, "%s", own.why);
	return 0;
}

int steps_run(const struct step *steps, struct report *report, struct fault *fault)
{
	int r = 0;

	for (const struct step *s = steps; r == 0 && (s->argv || s->call); s++)
		r = step_run(s, report, fault);
	return r;
}
