// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>

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

static void run_event(sd_event *loop, size_t pages)
{
	sd_event_source *s = NULL;

	assert_true(sd_event_add_defer(loop, &s, touch, &pages) >= 0);
	while (sd_event_run(loop, 0) > 0)
		;
	sd_event_source_disable_unref(s);
}

/* Only who touched much gives back, and not in the same second. */
static void test_loop(void **state)
{
	struct shed s = { 0 };
	sd_event *loop = NULL;
	long at;

	(void)state;
	assert_true(sd_event_new(&loop) >= 0);
	assert_int_equal(shed_start(loop, &s), 0);
	assert_true(s.faults > 0);
	at = s.faults;
	s.at = io_boot_ms() + 3600000; /* a pause that lasts longer than the test */
	run_event(loop, 1000);
	assert_int_equal(s.faults, at);
	s.at = 0;
	run_event(loop, 1000);
	assert_true(s.faults > at);
	sd_event_unref(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(test_heap),
#endif
		cmocka_unit_test(test_code),
		cmocka_unit_test(test_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
