// SPDX-License-Identifier: GPL-2.0-or-later
/* The ledger as it is found: cut at every byte, with flipped bits, a damaged end, or not one at
 * all. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/memory.h"
#include "tests/unit/ledgers.h"
#include "tests/unit/test.h"

/* After a power cut there are the entries up to some entry, and the next ones can be written. */
static void test_cut_at_every_byte(void **state)
{
	_free_ char *text = NULL;
	struct memory *m = anew();
	size_t len, before = 0;

	(void)state;
	for (int i = 1; i <= 6; i++)
		fail_since(m, "r", i);
	assert_int_equal(memory_keep(m), 0);
	memory_close(m);
	assert_int_equal(io_read(AT_FDCWD, file("ledger"), 65536, &text, &len), 0);
	for (size_t cut = 0; cut <= len; cut++) {
		size_t whole = 0;

		for (size_t i = 0; i < cut; i++)
			whole += text[i] == '\n';
		assert_int_equal(io_replace(AT_FDCWD, file("ledger"), text, cut, 0600), 0);
		m = reopen(NULL, 0);
		assert_int_equal(memory_past(m, "r")->since, whole);
		assert_true(whole >= before);
		before = whole;
		fail_since(m, "s", 9);
		assert_int_equal(memory_keep(m), 0);
		m = reopen(m, 0);
		assert_int_equal(memory_past(m, "s")->since, 9);
		assert_int_equal(all_of(m).n, whole + 1);
		memory_close(m);
	}
}

/* Every bit: the entry is left out and the others count; without the last newline it is cut. */
static void test_flipped_bits(void **state)
{
	_free_ char *text = NULL;
	struct memory *m = anew();
	size_t len, line = 0;

	(void)state;
	fail_since(m, "a", 1);
	fail_since(m, "b", 2);
	fail_since(m, "c", 3);
	assert_int_equal(memory_keep(m), 0);
	memory_close(m);
	assert_int_equal(io_read(AT_FDCWD, file("ledger"), 65536, &text, &len), 0);
	for (size_t i = 0; i < len; i++) {
		static const char *const ids[] = { "a", "b", "c" };
		text[i] ^= 1 << i % 7;
		assert_int_equal(io_replace(AT_FDCWD, file("ledger"), text, len, 0600), 0);
		text[i] ^= 1 << i % 7;
		m = reopen(NULL, i == len - 1 ? 0 : -EBADMSG);
		assert_int_equal(memory_past(m, ids[line])->since, 0);
		if (text[i] != '\n') /* else two lines have become one */
			assert_int_equal(memory_past(m, ids[(line + 1) % 3])->since,
					 (line + 1) % 3 + 1);
		memory_close(m);
		line += text[i] == '\n';
	}
}

/* What no power cut leaves behind is told, and stays for a person to look at. */
static void test_damaged_end(void **state)
{
	static const struct {
		const char *what;
		size_t from, zeros; /* lines that are damaged; zeros behind them */
		char with;	    /* in the place of each newline from there on */
		int want;
	} rows[] = {
		{ "whole", 12, 0, '\n', 0 },
		{ "the last two lines", 10, 0, '\n', -EBADMSG },
		{ "all of them", 0, 0, '\n', -EBADMSG },
		{ "longer than a line", 0, 0, ' ', -EBADMSG },
		{ "zeros that were not written yet", 12, 60000, '\n', 0 },
		{ "more zeros than one write has", 12, 70000, '\n', -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		_free_ char *text = calloc(1, 80000), *good = NULL, *aside = NULL;
		struct memory *m = anew();
		size_t len, lines = 0, n;

		for (int k = 1; k <= 12; k++)
			fail_since(m, "r", k);
		assert_int_equal(memory_keep(m), 0);
		memory_close(m);
		assert_int_equal(io_read(AT_FDCWD, file("ledger"), 65536, &good, &len), 0);
		for (size_t k = 0; k < len; k++) {
			bool ends = good[k] == '\n', bad = lines >= rows[i].from;

			text[k] = ends && bad ? rows[i].with : (char)(good[k] ^ (bad && !ends));
			lines += ends;
		}
		len += rows[i].zeros;
		assert_int_equal(io_replace(AT_FDCWD, file("ledger"), text, len, 0600), 0);
		m = reopen(NULL, rows[i].want);
		assert_int_equal(all_of(m).n, rows[i].from);
		n = 0;
		io_read(AT_FDCWD, file("ledger.damaged"), 80000, &aside, &n);
		if (n != (rows[i].want ? len : 0) || memcmp(n ? aside : text, text, n))
			fail_msg("%s: %zu bytes of %zu are aside", rows[i].what, n, len);
		fail_since(m, "r", 77);
		assert_int_equal(memory_keep(m), 0);
		m = reopen(m, 0);
		assert_int_equal(memory_past(m, "r")->since, 77);
		memory_close(m);
		unlink(file("ledger.damaged"));
	}
}

static void test_not_a_ledger(void **state)
{
	_free_ char *huge = calloc(1, 2 * 1024 * 1024);
	struct fault fault = { 0 };
	struct memory *m = NULL;

	(void)state;
	assert_non_null(huge);
	assert_int_equal(memory_open("/nowhere", &m, &fault), -ENOENT);
	assert_null(m);

	/* Zeros, as some file systems leave after a power cut. */
	assert_int_equal(io_replace(AT_FDCWD, file("ledger"), huge, 4096, 0600), 0);
	m = reopen(NULL, 0);
	assert_int_equal(all_of(m).n, 0);
	assert_int_equal(io_replace(AT_FDCWD, file("ledger"), huge, 2 * 1024 * 1024, 0600), 0);
	m = reopen(m, -EFBIG);
	assert_int_equal(access(file("ledger.damaged"), F_OK), 0);
	fail_since(m, "a", 1);
	assert_int_equal(memory_keep(m), 0);
	m = reopen(m, 0);
	assert_int_equal(memory_past(m, "a")->since, 1);
	memory_close(m);
	unlink(file("ledger.damaged"));

	/* In its place is something that cannot be opened; once it is gone, decisions are kept. */
	unlink(file("ledger"));
	assert_int_equal(mkdir(file("ledger"), 0700), 0);
	m = reopen(NULL, -EISDIR);
	fail_since(m, "a", 7);
	assert_int_equal(memory_keep(m), -EISDIR);
	assert_int_equal(rmdir(file("ledger")), 0);
	assert_int_equal(memory_keep(m), 0);
	m = reopen(m, 0);
	assert_int_equal(memory_past(m, "a")->since, 7);
	memory_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_at_every_byte),
		cmocka_unit_test(test_flipped_bits),
		cmocka_unit_test(test_not_a_ledger),
		cmocka_unit_test(test_damaged_end),
	};

	return cmocka_run_group_tests_name("ledger-damaged", tests, make_folder, drop_folder);
}
