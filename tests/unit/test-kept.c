// SPDX-License-Identifier: GPL-2.0-or-later
/* When the firewall that is good is kept, and what is done while it cannot be. */
#include <errno.h>
#include <string.h>

#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/daemon.h"
#include "agent/kept.h"
#include "agent/memory.h"
#include "agent/posture/likeness.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

#define NOW 1795262400

static uint64_t clock_ms;
static int disk; /* what a write ends with */
static unsigned writes, warnings;

uint64_t __wrap_io_boot_ms(void);
uint64_t __wrap_io_boot_ms(void)
{
	return clock_ms;
}

int __real_io_replace(int dir, const char *name, const void *data, size_t len, mode_t mode);
int __wrap_io_replace(int dir, const char *name, const void *data, size_t len, mode_t mode);
int __wrap_io_replace(int dir, const char *name, const void *data, size_t len, mode_t mode)
{
	writes++;
	return disk < 0 ? disk : __real_io_replace(dir, name, data, len, mode);
}

void __wrap_log_line(enum log_level level, const char *fmt, ...);
void __wrap_log_line(enum log_level level, const char *fmt, ...)
{
	(void)fmt;
	warnings += level <= LOG_LEVEL_WARN;
}

void __wrap_memory_tell(struct memory *m, enum entry_kind kind, const char *name, int64_t value,
			const char *fmt, ...);
void __wrap_memory_tell(struct memory *m, enum entry_kind kind, const char *name, int64_t value,
			const char *fmt, ...)
{
	(void)m, (void)kind, (void)name, (void)value, (void)fmt;
}

static const struct requirement firewall = { .id = "fw", .check = CHECK_FIREWALL };

static void begin(struct daemon *d, struct root *r)
{
	struct fault fault = { 0 };

	clock_ms = 1000000;
	disk = 0;
	writes = warnings = 0;
	*d = (struct daemon){ .n_subjects = 1, .subjects = { { .req = &firewall } } };
	d->helpers.spawn = true; /* none is asked */
	assert_int_equal(root_open(r), 0);
	if (kept_open(d, r->path, &fault) < 0)
		fail_msg("%s", fault.why);
}

static void end(struct daemon *d, struct root *r)
{
	kept_close(d);
	root_close(r);
}

/* A look at a firewall that is good, and that one: what the round after it makes of it. */
static void look(struct daemon *d, unsigned which)
{
	struct kept_firewall *k = d->host.firewall;

	k->seen = k->own = true;
	k->now = (struct likeness){ 0 };
	memset(k->now.digest, (int)which, sizeof(k->now.digest));
	kept_round(d);
}

static uint64_t wait_for(const struct daemon *d)
{
	return (uint64_t)(kept_due(d, NOW) - NOW);
}

/* Once it has been good and the same for ten seconds. */
static void test_settles(void **state)
{
	struct daemon d;
	struct root r;

	(void)state;
	begin(&d, &r);
	assert_true(kept_due(&d, NOW) == INT64_MAX);
	look(&d, 1);
	clock_ms += 9000;
	look(&d, 2);
	assert_in_range(wait_for(&d), 10, 11);
	clock_ms += 9000;
	look(&d, 2);
	assert_int_equal(writes, 0);
	clock_ms += 1000;
	look(&d, 2);
	assert_int_equal(writes, 1);
	assert_true(d.host.firewall->at > 0);
	look(&d, 2);
	assert_true(kept_due(&d, NOW) == INT64_MAX);
	assert_int_equal(writes, 1);
	end(&d, &r);
}

/* A disk that takes nothing costs a look in ten minutes, and a line for each new reason. */
static void test_unwritable(void **state)
{
	const uint64_t day = 86400000, begun = 1000000;
	unsigned looks = 0;
	struct daemon d;
	struct root r;

	(void)state;
	begin(&d, &r);
	disk = -EROFS;
	for (; clock_ms < begun + day; looks++) {
		look(&d, 1);
		clock_ms += wait_for(&d) * 1000;
	}
	assert_in_range(looks, 140, 150);
	assert_in_range(writes, 140, 150);
	assert_int_equal(warnings, 1);
	/* Looks for another reason do not try more often. */
	for (unsigned i = 0; i < 100; i++)
		look(&d, 1);
	assert_in_range(writes, 140, 150);
	disk = -ENOSPC;
	clock_ms += day;
	look(&d, 1);
	assert_int_equal(warnings, 2);
	disk = 0;
	clock_ms += wait_for(&d) * 1000;
	look(&d, 1);
	assert_true(d.host.firewall->at > 0);
	assert_int_equal(warnings, 2);
	end(&d, &r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settles),
		cmocka_unit_test(test_unwritable),
	};

	return cmocka_run_group_tests_name("kept", tests, NULL, NULL);
}
