// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What goes to standard error and to the journal: one line each, whatever is in it; and that code,
 * catalogue and documentation name the same entries.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "tests/unit/doc.h"

/* What fn writes to descriptor 2. */
static void capture(void (*fn)(void), char *ret, size_t room)
{
	int pipes[2], was = dup(2);
	ssize_t n;

	assert_int_equal(pipe(pipes), 0);
	dup2(pipes[1], 2);
	fn();
	dup2(was, 2);
	close(was);
	close(pipes[1]);
	n = read(pipes[0], ret, room - 1);
	ret[n > 0 ? n : 0] = '\0';
	close(pipes[0]);
}

static void say(void)
{
	log_entry(LOG_ID_STATE, LOG_FIELDS({ "LAZARET_STATE", "held" }), "held, was %s",
		  "a\nb\x1b[31m");
}

static void say_much(void)
{
	char much[5000];

	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	log_entry(LOG_ID_POLICY, NULL, "%s", much);
}

static void test_line(void **state)
{
	char text[4096];

	(void)state;
	unsetenv("JOURNAL_STREAM");
	capture(say, text, sizeof(text));
	assert_string_equal(text, "test-log: held, was a?b?[31m\n");
	/* Inherited from somebody whose output is the journal; ours is a pipe. */
	setenv("JOURNAL_STREAM", "1:2", 1);
	capture(say, text, sizeof(text));
	assert_string_equal(text, "<5>held, was a?b?[31m\n");
	capture(say_much, text, sizeof(text));
	assert_true(strlen(text) <= 1024 && text[strlen(text) - 1] == '\n');
	unsetenv("JOURNAL_STREAM");
}

static size_t count(const char *text, const char *word)
{
	size_t n = 0;

	for (; (text = strstr(text, word)); text += strlen(word))
		n++;
	return n;
}

static void test_ids(void **state)
{
	size_t len;
	_free_ char *doc = doc_read("journal.md", &len);
	_free_ char *catalogue = source_read("systemd", "lazaret.catalog", &len);

	(void)state;
	for (size_t i = 0; i < LOG_ID_COUNT; i++) {
		const struct log_id_kind *k = &log_ids[i];
		char row[100], entry[50];

		assert_int_equal(strspn(k->id, "0123456789abcdef"), 32);
		snprintf(row, sizeof(row), "| %s | `%s` |", k->name, k->id);
		snprintf(entry, sizeof(entry), "\n-- %s\nSubject: ", k->id);
		if (count(doc, row) != 1 || count(catalogue, entry) != 1)
			fail_msg("%s, %s: not once in docs/journal.md and the catalogue", k->name,
				 k->id);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(k->id, log_ids[j].id);
	}
	assert_int_equal(count(catalogue, "\n-- "), LOG_ID_COUNT);
	assert_int_equal(count(doc, "| `"), LOG_ID_COUNT + count(doc, "| `LAZARET"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
