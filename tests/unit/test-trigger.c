// SPDX-License-Identifier: GPL-2.0-or-later
/* What wakes the daemon: when bursts are told, and which changes of files are heard of. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/trigger/files.h"
#include "agent/trigger/resume.h"
#include "agent/trigger/settle.h"
#include "tests/unit/test.h"

#define SECOND 1000000ull

/* Runs `every` microseconds between events for so long; how often it is told, the longest wait. */
static unsigned run(struct settle *s, uint64_t *now, uint64_t every, uint64_t span, uint64_t *late)
{
	uint64_t end = *now + span, event = *now;
	unsigned told = 0;

	*late = 0;
	for (; *now < end; *now += 100) {
		if (*now >= event) {
			settle_note(s, *now);
			event += every;
		}
		if (settle_due(s) > *now)
			continue;
		if (*now - s->first > *late)
			*late = *now - s->first;
		settle_told(s, *now);
		told++;
	}
	return told;
}

static void test_settle(void **state)
{
	struct settle s = { .pace = &settle_files };
	uint64_t now = 5 * SECOND;

	(void)state;
	assert_true(settle_due(&s) == UINT64_MAX);
	settle_note(&s, now);
	assert_true(settle_due(&s) == now + SETTLE_QUIET);
	settle_note(&s, now + 3000);
	assert_true(settle_due(&s) == now + 3000 + SETTLE_QUIET);
	for (uint64_t at = 0; at < SETTLE_MOST; at += 1000)
		settle_note(&s, now + at);
	assert_true(settle_due(&s) == now + SETTLE_MOST);
	settle_told(&s, now + SETTLE_MOST);
	assert_true(settle_due(&s) == UINT64_MAX);
}

/* A thousand events a second cost no more than a few, but for what was saved up. */
static void test_flood(void **state)
{
	struct settle s = { .pace = &settle_files };
	uint64_t now = 100 * SECOND, late;
	unsigned told = run(&s, &now, 1000, 60 * SECOND, &late);

	(void)state;
	assert_in_range(told, 60 * SECOND / SETTLE_CALM,
			(60 * SECOND + SETTLE_SAVED) / SETTLE_CALM + 1);
	assert_in_range(late, SETTLE_QUIET, SETTLE_CALM + SETTLE_MOST);
	/* What comes after some calm is told at once again. */
	settle_told(&s, now);
	now += 60 * SECOND;
	assert_in_range(run(&s, &now, 100000, SECOND / 2, &late), 4, 5);
	assert_in_range(late, SETTLE_QUIET, SETTLE_QUIET + 100);
}

/* Rules: once when it is quiet again, a second after the first one when it is not, once a second.
 */
static void test_rules(void **state)
{
	struct settle s = { .pace = &settle_rules };
	uint64_t now = 100 * SECOND, late;

	(void)state;
	assert_int_equal(run(&s, &now, 150000, 14 * SECOND / 10, &late), 1);
	assert_in_range(late, SECOND, SECOND + 100);
	s = (struct settle){ .pace = &settle_rules };
	settle_note(&s, now);
	settle_note(&s, now + 600000);
	assert_true(settle_due(&s) == now + 800000);
	settle_told(&s, now + 800000);
	settle_note(&s, now + 900000);
	assert_true(settle_due(&s) == now + 1800000);
	s = (struct settle){ .pace = &settle_rules };
	assert_in_range(run(&s, &now, 20000, 10 * SECOND, &late), 9, 10);
	assert_in_range(late, SECOND, SECOND + 100);
}

struct heard {
	sd_event *loop;
	struct files *files;
	char dir[32];
	int root;
	unsigned what, times;
};

static void on_changed(void *ctx, unsigned what)
{
	struct heard *h = ctx;

	h->what |= what;
	h->times++;
}

/* What is told until nothing happens any more. */
static unsigned listen_to(struct heard *h)
{
	h->what = h->times = 0;
	while (sd_event_run(h->loop, 3 * SETTLE_QUIET) > 0)
		;
	return h->what;
}

static void at(struct heard *h, const char *fmt)
{
	char line[400];

	snprintf(line, sizeof(line), "cd %s && { %s; }", h->dir, fmt);
	assert_int_equal(system(line), 0);
}

static void watch(struct heard *h)
{
	assert_int_equal(files_new(h->loop, h->root, on_changed, h, &h->files), 0);
	assert_int_equal(files_watch(h->files, "etc/av/conf", false, 1), 0);
	assert_int_equal(files_watch(h->files, "units", true, 2), 0);
}

static void open_files(struct heard *h)
{
	*h = (struct heard){ .dir = "/tmp/test-trigger.XXXXXX" };
	assert_non_null(mkdtemp(h->dir));
	assert_true(sd_event_new(&h->loop) >= 0);
	h->root = open(h->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(h->root >= 0);
	watch(h);
}

static void close_files(struct heard *h)
{
	at(h, "rm -rf *");
	rmdir(h->dir);
	files_free(h->files);
	sd_event_unref(h->loop);
	close(h->root);
}

static void test_files(void **state)
{
	static const struct {
		const char *command;
		unsigned what;
	} rows[] = {
		{ "mkdir -p etc/other; echo >etc/x", 1 }, /* a folder on the way */
		{ "echo >etc/x", 0 },
		{ "mkdir etc/av; echo >etc/av/other", 1 }, /* the folder it will be in */
		{ "echo a >etc/av/conf", 1 },
		{ "echo b >>etc/av/conf", 1 },
		{ "chmod 600 etc/av/conf", 1 },
		{ "echo c >etc/av/new; mv etc/av/new etc/av/conf", 1 },
		{ "echo d >>etc/av/conf", 1 }, /* of the one that took its place */
		{ "echo d >>etc/av/other", 0 },
		{ "rm etc/av/conf", 1 },
		{ "ln -s /dev/null etc/av/conf", 1 },
		{ "echo >/dev/null", 0 },
		{ "mv etc/av etc/gone", 1 },
		{ "echo d >etc/gone/conf", 0 },
		{ "mkdir etc/av.new; echo >etc/av.new/conf; mv etc/av.new etc/av", 1 },
		{ "echo e >>etc/av/conf", 1 },
		{ "mkdir -p units", 2 },
		{ "echo >units/a.service", 2 },
		{ "mkdir units/a.service.d", 2 },
		{ "echo >units/a.service.d/x.conf", 2 },
		{ "rm -r units", 2 },
		{ "mkdir -p units/b.wants", 2 },
		{ "ln -s /x units/b.wants/y", 2 },
		{ "mv units away; echo >>etc/av/conf", 3 },
		{ "rm -rf etc", 1 },
		{ "mkdir -p etc/av; echo >etc/av/conf", 1 },
	};
	struct heard h;

	(void)state;
	open_files(&h);
	for (size_t i = 0; i < COUNT(rows); i++) {
		/* Another one, which has told nothing yet; what it finds there is where it starts.
		 */
		if (i % 14 == 13) {
			files_free(h.files);
			watch(&h);
		}
		at(&h, rows[i].command);
		if (listen_to(&h) != rows[i].what)
			fail_msg("%s: %u", rows[i].command, h.what);
		assert_true(h.times <= 1);
	}
	files_forget(h.files);
	at(&h, "echo >etc/av/conf");
	assert_int_equal(listen_to(&h), 0);
	close_files(&h);
}

static unsigned long queue_max(void)
{
	FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
	unsigned long n = 0;

	if (f && fscanf(f, "%lu", &n) != 1)
		n = 0;
	if (f)
		fclose(f);
	return n;
}

/* More than the queue holds: all may have changed. */
static void test_overrun(void **state)
{
	unsigned long n = queue_max();
	struct heard h;
	int fds[2];

	(void)state;
	assert_true(n > 0);
	open_files(&h);
	at(&h, "mkdir units; touch units/0 units/1");
	listen_to(&h);
	for (int i = 0; i < 2; i++) {
		char path[60];

		snprintf(path, sizeof(path), "%s/units/%d", h.dir, i);
		fds[i] = open(path, O_WRONLY | O_CLOEXEC);
		assert_true(fds[i] >= 0);
	}
	/* Events that are alike count as one, so they alternate. */
	for (unsigned long i = 0; i < n + 10; i++)
		assert_int_equal(pwrite(fds[i % 2], "x", 1, 0), 1);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(listen_to(&h), 3);
	close_files(&h);
}

static int timer = -1;
static uint64_t armed;
static struct timespec fixed[2]; /* CLOCK_MONOTONIC and CLOCK_BOOTTIME as the trigger sees them */

int __wrap_timerfd_create(int clock, int flags);
int __wrap_timerfd_create(int clock, int flags)
{
	assert_int_equal(clock, CLOCK_REALTIME);
	(void)flags;
	timer = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return timer;
}

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *at, struct itimerspec *was);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *at, struct itimerspec *was)
{
	assert_int_equal(fd, timer);
	assert_int_equal(flags, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
	assert_true(at->it_value.tv_sec > 4102444800); /* 2100 */
	assert_null(was);
	armed++;
	return 0;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
	assert_true(clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME);
	*ret = fixed[clock == CLOCK_BOOTTIME];
	return 0;
}

static void on_resumed(void *ctx, uint64_t slept)
{
	*(uint64_t *)ctx = slept;
}

/* The host works for so long, then sleeps for so long, and its clock is set. */
static uint64_t wake_after(sd_event *loop, time_t works, time_t sleeps, uint64_t *slept)
{
	uint64_t one = 1;

	fixed[0].tv_sec += works;
	fixed[1].tv_sec += works + sleeps;
	*slept = UINT64_MAX;
	assert_int_equal(write(timer, &one, sizeof(one)), sizeof(one));
	assert_true(sd_event_run(loop, SECOND) > 0);
	return *slept;
}

static void test_resume(void **state)
{
	struct resume *r;
	sd_event *loop;
	uint64_t slept;

	(void)state;
	assert_true(sd_event_new(&loop) >= 0);
	fixed[0].tv_sec = 1000;
	fixed[1].tv_sec = 5000; /* it slept before the daemon was there */
	assert_int_equal(resume_new(loop, on_resumed, &slept, &r), 0);
	assert_int_equal(armed, 1);
	assert_int_equal(wake_after(loop, 60, 0, &slept), 0);
	assert_int_equal(wake_after(loop, 60, 7200, &slept), 7200000);
	assert_int_equal(wake_after(loop, 1, 0, &slept), 0);
	assert_int_equal(wake_after(loop, 0, 3, &slept), 3000);
	assert_int_equal(armed, 5);
	assert_int_equal(sd_event_run(loop, 0), 0);
	resume_free(r);
	sd_event_unref(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settle),	cmocka_unit_test(test_flood),
		cmocka_unit_test(test_rules),	cmocka_unit_test(test_files),
		cmocka_unit_test(test_overrun), cmocka_unit_test(test_resume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
