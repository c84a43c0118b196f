// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/array.h"
#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/err.h"
#include "agent/base/ini.h"
#include "agent/base/io.h"
#include "agent/base/msg.h"
#include "agent/base/span.h"
#include "tests/unit/test.h"

static void test_array_grows(void **state)
{
	_free_ int *numbers = NULL;
	size_t room = 0;

	(void)state;
	for (size_t n = 0; n < 1000; n++) {
		int *p = array_grow(numbers, n, &room, sizeof(*p));

		assert_non_null(p);
		assert_true(n < room);
		numbers = p;
		numbers[n] = (int)n;
	}
	assert_int_equal(room, 1024);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(numbers[i], i);
	assert_ptr_equal(array_grow(numbers, 1000, &room, sizeof(*numbers)), numbers);
	assert_int_equal(room, 1024);
}

static void test_fault_keeps_the_first(void **state)
{
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(fault_set(&f, -EINVAL, "first %d", 1), -EINVAL);
	assert_int_equal(fault_set(&f, -EIO, "second"), -EIO);
	assert_string_equal(f.why, "first 1");
	fault_prefix(&f, "%s", "a.conf");
	assert_string_equal(f.why, "a.conf: first 1");
}

static void test_fault_place(void **state)
{
	unsigned line, col;

	(void)state;
	fault_place("ab\ncd", 5, 4, &line, &col);
	assert_int_equal(line, 2);
	assert_int_equal(col, 2);
	fault_place("ab", 2, 99, &line, &col);
	assert_int_equal(col, 3);
}

static void test_span(void **state)
{
	static const struct {
		const char *text;
		int r;
		uint64_t seconds;
	} rows[] = {
		{ "90", 0, 90 },	  { "15min", 0, 900 },
		{ "36h", 0, 129600 },	  { "1d 12h", 0, 129600 },
		{ "1w", 0, 604800 },	  { "0s", 0, 0 },
		{ "2m", 0, 120 },	  { "", -EINVAL, 0 },
		{ "h", -EINVAL, 0 },	  { "-1s", -EINVAL, 0 },
		{ "1y", -EINVAL, 0 },	  { "1.5h", -EINVAL, 0 },
		{ "11000d", -ERANGE, 0 }, { "99999999999999999999", -ERANGE, 0 },
	};
	char text[SPAN_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t s = 7;

		assert_int_equal(span_parse(rows[i].text, &s), rows[i].r);
		assert_int_equal(s, rows[i].r ? 7 : rows[i].seconds);
	}
	assert_string_equal(span_text(0, text), "0 s");
	assert_string_equal(span_text(273600, text), "3 d 4 h");
	assert_string_equal(span_text(61, text), "1 min 1 s");
}

static int note(void *ctx, const struct ini_line *l, struct fault *fault)
{
	char *out = ctx;

	if (!strcmp(l->key, "Bad"))
		return fault_set(fault, -EINVAL, "bad");
	sprintf(out + strlen(out), "%s.%s=%s;", l->section, l->key, l->value);
	return 0;
}

static void test_ini(void **state)
{
	static const struct {
		const char *text, *seen;
		int r;
		unsigned line;
		enum ini_form form;
	} rows[] = {
		{ "# c\n[A]\n k = v w \n;x\n\n[B]\nl=1\\\n2\n", "A.k=v w;B.l=1  2;", 0, 0,
		  INI_SYSTEMD },
		{ "[A]\nk=\n", "A.k=;", 0, 0, INI_SYSTEMD },
		{ "[A]\na=1\\\n2\nBad=1", "A.a=1  2;", -EINVAL, 4, INI_SYSTEMD },
		{ "[A]\n# c \\\na=1\n ;c\\\nb=2\n", "A.a=1;A.b=2;", 0, 0, INI_SYSTEMD },
		{ "[A]\na=1\\\\\nb=2\n", "A.a=1\\\\;A.b=2;", 0, 0, INI_SYSTEMD },
		{ "[A]\na=1\\\\\\\nb=2\n", "A.a=1\\\\  b=2;", 0, 0, INI_SYSTEMD },
		{ "k=v", "", -EINVAL, 1, INI_SYSTEMD },
		{ "[A\n", "", -EINVAL, 1, INI_SYSTEMD },
		{ "[A]\nwords\n", "", -EINVAL, 2, INI_SYSTEMD },
		{ "[A\n", "", 0, 0, INI_YUM },
		{ "a=0\n[A]\nwords\n#x\n k = v w \n", ".a=0;A.k=v w;", 0, 0, INI_YUM },
		{ "[A]\na=1,\n\t2\n 3\nb=4\\\n", "A.a=1, \t2  3;A.b=4\\;", 0, 0, INI_YUM },
		{ "[A]\na=1\n 2\nBad=1\n", "A.a=1  2;", -EINVAL, 4, INI_YUM },
		{ "#x\n a=1\n[A]\n b=2\n;y\n", ".a=1;A.b=2;", 0, 0, INI_YUM },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		_free_ char *text = strdup(rows[i].text);
		struct fault f = { 0 };
		char seen[200] = "";

		assert_int_equal(ini_parse(rows[i].form, text, strlen(text), note, seen, &f),
				 rows[i].r);
		assert_string_equal(seen, rows[i].seen);
		assert_int_equal(f.line, rows[i].line);
	}
}

static void test_io_replace(void **state)
{
	char folder[] = "/tmp/test-base.XXXXXX";
	const struct stat as = { .st_mode = S_IFREG | 0640,
				 .st_uid = geteuid() ? geteuid() : 7,
				 .st_gid = geteuid() ? getegid() : 8 };
	_free_ char *got = NULL;
	_close_ int dir = -1;
	struct stat st;
	size_t len;

	(void)state;
	assert_non_null(mkdtemp(folder));
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(io_replace(dir, "f", "old", 3, 0600), 0);
	assert_int_equal(io_replace(dir, "f", "newer", 5, 0644), 0);
	assert_int_equal(io_read(dir, "f", 5, &got, &len), 0);
	assert_string_equal(got, "newer");
	assert_int_equal(io_read(dir, "f", 4, &got, &len), -EFBIG);
	assert_int_equal(io_read(dir, "absent", 4, &got, &len), -ENOENT);
	assert_int_equal(io_replace_as(dir, "f", "as", 2, &as), 0);
	assert_int_equal(fstatat(dir, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_uid, as.st_uid);
	assert_int_equal(st.st_gid, as.st_gid);
	/* A file that cannot be written leaves the old one, and nothing beside it. */
	assert_int_equal(mkdirat(dir, "f.new", 0700), 0);
	assert_int_equal(io_replace(dir, "f", "x", 1, 0600), -EISDIR);
	assert_int_equal(unlinkat(dir, "f.new", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(dir, "f", 0), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void test_msg(void **state)
{
	int pair[2], fds[MSG_FDS_MAX];
	size_t n = MSG_FDS_MAX;
	uint32_t in = 42, out = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(msg_send(pair[0], &in, sizeof(in), pair, 2), 0);
	assert_int_equal(msg_recv(pair[1], &out, sizeof(out), fds, &n, 1000), 0);
	assert_int_equal(out, 42);
	assert_int_equal(n, 2);
	close(fds[0]);
	close(fds[1]);

	assert_int_equal(msg_recv(pair[1], &out, sizeof(out), NULL, NULL, 10), -ETIMEDOUT);
	assert_int_equal(msg_send(pair[0], &in, 3, NULL, 0), 0);
	assert_int_equal(msg_recv(pair[1], &out, sizeof(out), NULL, NULL, 1000), -EPROTO);
	assert_int_equal(msg_send(pair[0], &in, sizeof(in), pair, 1), 0);
	assert_int_equal(msg_recv(pair[1], &out, sizeof(out), NULL, NULL, 1000), -EPROTO);
	close(pair[0]);
	assert_int_equal(msg_recv(pair[1], &out, sizeof(out), NULL, NULL, 1000), -ECONNRESET);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_array_grows), cmocka_unit_test(test_fault_keeps_the_first),
		cmocka_unit_test(test_fault_place), cmocka_unit_test(test_span),
		cmocka_unit_test(test_ini),	    cmocka_unit_test(test_io_replace),
		cmocka_unit_test(test_msg),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
