// SPDX-License-Identifier: GPL-2.0-or-later
/* A remedy from outside: its lines, the word to go, what it says, and whether it goes on. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/remedy/answer.h"
#include "agent/remedy/ask.h"
#include "agent/remedy/await.h"
#include "agent/remedy/lines.h"
#include "agent/remedy/remedy.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

static void join(void *ctx, const char *line)
{
	char *out = ctx;

	snprintf(out + strlen(out), 1000 - strlen(out), "%s|", line);
}

static void test_lines(void **state)
{
	static const struct {
		const char *parts[3], *want;
	} rows[] = {
		{ { "a\nb\n" }, "a|b|" },
		{ { "a", "b\nc", "d" }, "ab|cd|" },
		{ { "10%\r20%\r\n\n" }, "10%|20%|" },
		{ { "\033[1mx\177\ty" }, "?[1mx?\ty|" },
	};
	char out[1000], longer[LINE_TEXT_MAX + 50];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lines l = { 0 };

		*out = '\0';
		for (int p = 0; p < 3 && rows[i].parts[p]; p++)
			lines_feed(&l, rows[i].parts[p], strlen(rows[i].parts[p]), join, out);
		lines_end(&l, join, out);
		assert_string_equal(out, rows[i].want);
	}
	struct lines l = { 0 };

	memset(longer, 'x', sizeof(longer));
	*out = '\0';
	lines_feed(&l, longer, sizeof(longer), join, out);
	lines_end(&l, join, out);
	assert_int_equal(strlen(out), LINE_TEXT_MAX); /* its end is lost; the bar is ours */
}

struct heard {
	sd_event *loop;
	char lines[1000], why[300];
	int err, n_done;
};

static void on_heard(void *ctx, const char *line)
{
	join(((struct heard *)ctx)->lines, line);
}

static void on_done(void *ctx, int err, const char *why)
{
	struct heard *h = ctx;

	h->err = err;
	h->n_done++;
	snprintf(h->why, sizeof(h->why), "%s", why);
	sd_event_exit(h->loop, 0);
}

static void hear(const char *stream, bool end, struct heard *h)
{
	struct remedy_run *run = NULL;
	int pair[2];

	*h = (struct heard){ .err = 1 };
	assert_int_equal(sd_event_new(&h->loop), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(io_write(pair[1], stream, strlen(stream)), 0);
	if (end)
		close(pair[1]);
	assert_int_equal(remedy_watch(h->loop, pair[0], on_heard, on_done, h, 200, &run), 0);
	assert_int_equal(sd_event_loop(h->loop), 0);
	assert_int_equal(h->n_done, 1);
	assert_null(remedy_run_free(run));
	sd_event_unref(h->loop);
	if (!end)
		close(pair[1]);
}

/* Whatever is not a go, and that nobody says one any more, is none. */
static void test_go(void **state)
{
	static const struct {
		const char *said;
		bool gone;
		int want;
	} rows[] = {
		{ "!", false, 0 },	    { "!", true, 0 },
		{ "-", false, -ECANCELED }, { "\n!", false, -ECANCELED },
		{ "", true, -EPIPE },	    { "", false, -ETIMEDOUT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
		assert_int_equal(io_write(pair[1], rows[i].said, strlen(rows[i].said)), 0);
		if (rows[i].gone)
			close(pair[1]);
		assert_int_equal(remedy_await_go(pair[0], 10), rows[i].want);
		if (!rows[i].gone)
			close(pair[1]);
		close(pair[0]);
	}
}

static void test_watch(void **state)
{
	static const struct {
		const char *stream, *lines, *why;
		int err;
	} rows[] = {
		{ "+ starting\n  text\n= ok\n", "starting|text|", "", 0 },
		{ "= ok", "", "", 0 },
		{ "= failed: no such unit\n", "", "no such unit", -EIO },
		{ "+ a\n", "a|", "it ended without a verdict", -EPROTO },
		{ "", "", "it ended without a verdict", -EPROTO },
		/* What a program writes is indented and is no verdict. */
		{ "  = ok\n", "= ok|", "it ended without a verdict", -EPROTO },
		{ "= ok\n+ more\n", "more|", "it ended without a verdict", -EPROTO },
		{ "= okay\n", "", "it ended without a verdict", -EPROTO },
	};
	struct heard h;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		hear(rows[i].stream, true, &h);
		assert_string_equal(h.lines, rows[i].lines);
		assert_string_equal(h.why, rows[i].why);
		assert_int_equal(h.err, rows[i].err);
	}
	hear("+ for ever\n", false, &h);
	assert_int_equal(h.err, -ETIMEDOUT);
}

/* What loads is left alone; what hangs, spins or has long worked is not. */
static void test_loading(void **state)
{
	const int64_t s = 1000000;
	struct loading l = { .moved_ms = 1000 }, old = { 0 };
	uint64_t now = 1000;

	(void)state;
	assert_true(loading_goes_on(&l, s, now));
	for (int64_t used = s; used < 300 * s; used += s)
		assert_true(loading_goes_on(&l, used, now += 5000)); /* a slow disk */
	assert_true(loading_goes_on(&l, 299 * s + 10, now + 5000));
	assert_false(loading_goes_on(&l, 299 * s + 20, now + 10000));
	assert_true(loading_goes_on(&l, 2 * s, now + 11000)); /* another process */
	assert_false(loading_goes_on(&l, -1, now + 12000));
	assert_false(loading_goes_on(&old, 5000 * s, 1));
}

static mode_t mode_of(const struct root *r, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(r->fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode & 07777;
}

/* What only root may ask is asked by lazaretd, too, then; nothing else is anybody's. */
static void test_answer_is_opened(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct report quiet = { .fd = -1, .sent = STEP_OUTPUT_MAX };
	_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	_drop_(root_close) struct root r;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	root_text(&r, "run/a/secret", "x");
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/run/a/ctl", r.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(symlinkat("secret", r.fd, "run/a/link"), 0);
	assert_int_equal(symlinkat("a", r.fd, "run/b"), 0);
	assert_int_equal(fchmodat(r.fd, "run/a/ctl", 0600, 0), 0);
	assert_int_equal(fchmodat(r.fd, "run/a/secret", 0600, 0), 0);
	assert_int_equal(fchmodat(r.fd, "run/a", 01700, 0), 0);
	answer_open(r.fd, "run/b/ctl", &quiet);
	answer_open(r.fd, "run/a/link", &quiet);
	answer_open(r.fd, "run/a/secret", &quiet);
	assert_int_equal(mode_of(&r, "run/a"), 01700);
	assert_int_equal(mode_of(&r, "run/a/ctl"), 0600);
	assert_int_equal(mode_of(&r, "run/a/secret"), 0600);
	answer_open(r.fd, "run/a/ctl", &quiet);
	assert_int_equal(mode_of(&r, "run/a"), 01755);
	assert_int_equal(mode_of(&r, "run/a/ctl"), 0666);
	answer_open(r.fd, "run/nothing/ctl", &quiet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_go),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_loading),
		cmocka_unit_test(test_answer_is_opened),
	};

	return cmocka_run_group_tests_name("remedy", tests, NULL, NULL);
}
