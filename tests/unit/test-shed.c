// SPDX-License-Identifier: GPL-2.0-or-later
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/io.h"
#include "agent/shed.h"
#include "tests/unit/test.h"

#define PIECES	   20000
#define PIECE	   400
#define HEAP_KIB   (PIECES * PIECE / 1024)
#define PAGE_BYTES 4096

/* "RssAnon:" or "RssFile:", in KiB */
static long resident(const char *which)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	long kib = -1;

	assert_non_null(f);
	while (kib < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, which, strlen(which)))
			kib = strtol(line + strlen(which), NULL, 10);
	fclose(f);
	return kib;
}

#ifndef __SANITIZE_ADDRESS__ /* which has a heap of its own */
/* The last piece stays, so that the heap does not shrink by itself. */
static void test_heap(void **state)
{
	static char *pieces[PIECES];
	long full;

	(void)state;
	for (int i = 0; i < PIECES; i++) {
		pieces[i] = malloc(PIECE);
		assert_non_null(pieces[i]);
		memset(pieces[i], 'x', PIECE);
	}
	for (int i = 0; i < PIECES - 1; i++)
		free(pieces[i]);
	full = resident("RssAnon:");
	assert_true(full > HEAP_KIB);
	shed_now();
	assert_true(resident("RssAnon:") < full - HEAP_KIB * 3 / 4);
	free(pieces[PIECES - 1]);
}

static __attribute__((noinline)) char go_deep(void)
{
	volatile char deep[100 * PAGE_BYTES];

	for (size_t i = 0; i < sizeof(deep); i += PAGE_BYTES)
		deep[i] = 1;
	return deep[sizeof(deep) - PAGE_BYTES];
}

static void test_stack(void **state)
{
	char kept[3 * PAGE_BYTES];
	long full;

	(void)state;
	memset(kept, 'x', sizeof(kept));
	assert_int_equal(go_deep(), 1);
	full = resident("RssAnon:");
	shed_now();
	assert_true(resident("RssAnon:") < full - 300);
	for (size_t i = 0; i < sizeof(kept); i++)
		assert_int_equal(kept[i], 'x');
}

static void test_large_pieces(void **state)
{
	char *piece, *above;
	long before;

	(void)state;
	shed_begin();
	before = resident("RssAnon:");
	piece = malloc(100 * PAGE_BYTES);
	above = malloc(1);
	memset(piece, 'x', 100 * PAGE_BYTES);
	free(piece);
	assert_true(resident("RssAnon:") < before + 100);
	free(above);
}
#endif

/* What was written, by us or by whoever relocated it, is still there. */
static void test_code(void **state)
{
	static const char *const relocated[] = { "a", "b" };
	static int written = 3;
	long before = resident("RssFile:");

	(void)state;
	written = 4;
	shed_now();
	assert_true(resident("RssFile:") < before);
	assert_string_equal(relocated[1], "b");
	assert_int_equal(written, 4);
}

/* What of the first mapping of a file with these rights is resident, in KiB; -1: it has none. */
static long mapped(pid_t pid, const char *rights, const char *file)
{
	char path[64], line[512], has[8];
	bool found = false;
	long kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	f = fopen(path, "re");
	assert_non_null(f);
	while (kib < 0 && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*x-%*x %7s", has) == 1)
			found = !strcmp(has, rights) && strstr(line, file);
		else if (found)
			sscanf(line, "Rss: %ld", &kib);
	}
	fclose(f);
	return kib;
}

#ifndef __SANITIZE_ADDRESS__ /* which reads them again */
/* A program's are read to find what can be given back, and its interpreter is named first. */
static void test_headers(void **state)
{
	(void)state;
	shed_now();
	assert_int_equal(mapped(getpid(), "r--p", "/test-shed"), 0);
}
#endif

static int touch(sd_event_source *s, void *userdata)
{
	size_t *pages = userdata;
	char *all = malloc(*pages * PAGE_BYTES);

	(void)s;
	assert_non_null(all);
	for (size_t i = 0; i < *pages; i++)
		((volatile char *)all)[i * PAGE_BYTES] = 1;
	free(all);
	return 0;
}

static int wake(sd_event_source *s, uint64_t usec, void *userdata)
{
	(void)s, (void)usec, (void)userdata;
	return 0;
}

/* One event, and the sleep behind it, of so many microseconds at most. */
static void run_event(sd_event *loop, struct shed *shed, size_t pages, uint64_t sleep)
{
	sd_event_source *s = NULL, *end = NULL;

	assert_true(sd_event_add_defer(loop, &s, touch, &pages) >= 0);
	assert_true(shed_turn(loop, shed) > 0);
	assert_true(sd_event_add_time_relative(loop, &end, CLOCK_BOOTTIME, sleep, 1, wake, NULL) >=
		    0);
	shed_turn(loop, shed);
	sd_event_source_disable_unref(s);
	sd_event_source_disable_unref(end);
}

static bool is_busy(const void *ctx)
{
	return *(const bool *)ctx;
}

/* Only who touched much gives back, not in the same second but then, nor amid something. */
static void test_loop(void **state)
{
	bool busy = false;
	struct shed s = { .busy = is_busy, .ctx = &busy };
	sd_event *loop = NULL;
	uint64_t begun;
	long at;

	(void)state;
	assert_true(sd_event_new(&loop) >= 0);
	run_event(loop, &s, 1000, 1000);
	assert_true(s.faults > 0);
	at = s.faults;
	s.at = io_boot_ms() + 3600000; /* a pause that lasts longer than the test */
	run_event(loop, &s, 1000, 1000);
	assert_int_equal(s.faults, at);
	s.at = 0;
	busy = true;
	run_event(loop, &s, 1000, 1000);
	assert_int_equal(s.faults, at);
	busy = false;
	begun = io_boot_ms();
	s.at = begun - 950;
	run_event(loop, &s, 1000, 5000000);
	assert_true(io_boot_ms() - begun < 4000);
	run_event(loop, &s, 0, 1000);
	assert_true(s.faults > at);
	sd_event_unref(loop);
}

static bool is_idle(const void *ctx)
{
	(void)ctx;
	return false;
}

/* Nothing of the library is mapped meanwhile; who is not asleep yet needs it. */
static void test_sleep(void **state)
{
	struct shed s = { .busy = is_idle };
	const struct timespec pause = { .tv_nsec = 1000000 };
	sd_event *loop = NULL;
	long kib = -1;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		if (sd_event_new(&loop) >= 0)
			run_event(loop, &s, 100, 3600000000);
		_exit(1);
	}
	assert_true(pid > 0);
	for (int i = 0; i < 5000 && kib; i++) {
		nanosleep(&pause, NULL);
		kib = mapped(pid, "r-xp", "/libsystemd.so");
	}
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(kib, 0);
}

static int leave(sd_event_source *s, void *userdata)
{
	(void)userdata;
	return sd_event_exit(sd_event_source_get_event(s), 7);
}

static void test_exit(void **state)
{
	bool busy = false;
	sd_event *loop = NULL;

	(void)state;
	assert_true(sd_event_new(&loop) >= 0);
	assert_true(sd_event_add_defer(loop, NULL, leave, NULL) >= 0);
	assert_int_equal(shed_loop(loop, is_busy, &busy), 7);
	sd_event_unref(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(test_heap),	     cmocka_unit_test(test_stack),
		cmocka_unit_test(test_large_pieces), cmocka_unit_test(test_headers),
#endif
		cmocka_unit_test(test_code),	     cmocka_unit_test(test_loop),
		cmocka_unit_test(test_sleep),	     cmocka_unit_test(test_exit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
