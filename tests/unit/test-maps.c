// SPDX-License-Identifier: GPL-2.0-or-later
/* What a process maps of files that are no longer installed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/base/count.h"
#include "agent/posture/maps.h"
#include "tests/unit/root.h"
#include "tests/unit/runhost.h"
#include "tests/unit/test.h"

static void note(void *ctx, const char *path, size_t len)
{
	char *said = ctx;

	snprintf(said + strlen(said), 400 - strlen(said), "%.*s;", (int)len, path);
}

static void only_replaced_code_of_packages_counts(void **state)
{
	static const struct {
		const char *line, *said;
	} rows[] = {
		{ CODE(LIB "libssl.so.3 (deleted)"), LIB "libssl.so.3;" },
		{ CODE("/usr/sbin/nginx (deleted)"), "/usr/sbin/nginx;" },
		{ CODE("/lib/x86_64-linux-gnu/libc.so.6 (deleted)"),
		  "/lib/x86_64-linux-gnu/libc.so.6;" },
		{ CODE("/opt/vendor/agent (deleted)"), "/opt/vendor/agent;" },
		{ CODE("/usr/lib/a b.so (deleted)"), "/usr/lib/a b.so;" },
		{ CODE(LIB "libssl.so.3"), "" },
		{ DATA(LIB "libssl.so.3 (deleted)"), "" },
		{ DATA("/usr/lib/locale/locale-archive (deleted)"), "" },
		{ CODE("/memfd:jit-cache (deleted)"), "" },
		{ CODE("/dev/shm/x (deleted)"), "" },
		{ CODE("/dev/zero (deleted)"), "" },
		{ CODE("/SYSV00000000 (deleted)"), "" },
		{ CODE("/tmp/ffi1a2b (deleted)"), "" },
		{ CODE("/home/me/lib/libssl.so.3 (deleted)"), "" },
		{ CODE("/usr/local/lib/libz.so.1 (deleted)"), "" },
		{ CODE("/[aio] (deleted)"), "" },
		{ "7f00-7f01 r-xp 00000000 00:00 0    [vdso]\n", "" },
		{ "7f00-7f01 r-xp 00000000 00:00 0 \n", "" },
		{ " (deleted)\n", "" },
		{ "/usr/lib/x (deleted)\n", "" },
		{ "r-xp /usr/lib/x (deleted)\n", "" },
		{ "\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char said[400] = "";

		assert_int_equal(maps_each(rows[i].line, strlen(rows[i].line), note, said),
				 strlen(rows[i].line));
		assert_string_equal(said, rows[i].said);
	}
}

static void a_line_that_is_not_whole_waits(void **state)
{
	static const char text[] = CODE(LIB "a.so (deleted)") "7f00-7f01 r-xp 0 0:0 1 /usr/lib/b";
	char said[400] = "";

	(void)state;
	assert_int_equal(maps_each(text, sizeof(text) - 1, note, said),
			 strlen(CODE(LIB "a.so (deleted)")));
	assert_string_equal(said, LIB "a.so;");
}

static void maps_are_read_across_their_pieces(void **state)
{
	struct root root;
	char said[400] = "";
	_free_ char *text = malloc(200000);
	size_t len = 0;
	_close_ int fd = -1;

	(void)state;
	assert_int_equal(root_open(&root), 0);
	while (len < 150000)
		len += (size_t)sprintf(text + len, "%s", CODE(LIB "libother.so.1"));
	len += (size_t)sprintf(text + len, "%s", CODE(LIB "libssl.so.3 (deleted)"));
	assert_int_equal(root_put(&root, "maps", text, len), 0);
	fd = openat(root.fd, "maps", O_RDONLY);
	assert_int_equal(maps_read(fd, len, note, said), 0);
	assert_string_equal(said, LIB "libssl.so.3;");
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(maps_read(fd, len - 1, note, said), -EFBIG);
	root_close(&root);
}

/* Folders with names of newlines, four bytes each here, make a line of any length. */
static void a_line_longer_than_a_path_is_passed_over(void **state)
{
	static const size_t lens[] = { MAPS_LINE_MAX + 1, 65536, 65537, 200000 };
	static const char end[] = " r-xp 0 0:0 1 /usr/lib/forged (deleted)";
	static const char after[] = "\n" CODE(LIB "libssl.so.3 (deleted)");
	_free_ char *text = malloc(200000 + sizeof(after));

	(void)state;
	for (size_t i = 0; i < COUNT(lens); i++) {
		_close_ int fd = memfd_create("maps", MFD_CLOEXEC);
		char said[400] = "";
		size_t len = lens[i] + sizeof(after) - 1;

		memset(text, 'x', lens[i]);
		memcpy(text, CODE("/usr/"), sizeof(CODE("/usr/")) - 2);
		/* Its end is not to be taken for a line. */
		memcpy(text + lens[i] - (sizeof(end) - 1), end, sizeof(end) - 1);
		memcpy(text + lens[i], after, sizeof(after));
		assert_int_equal(write(fd, text, len), len);
		lseek(fd, 0, SEEK_SET);
		assert_int_equal(maps_read(fd, len, note, said), 0);
		assert_string_equal(said, LIB "libssl.so.3;");
		/* One without an end says nothing. */
		assert_int_equal(ftruncate(fd, (off_t)lens[i]), 0);
		lseek(fd, 0, SEEK_SET);
		assert_int_equal(maps_read(fd, len, note, said), 0);
		assert_string_equal(said, LIB "libssl.so.3;");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_replaced_code_of_packages_counts),
		cmocka_unit_test(a_line_that_is_not_whole_waits),
		cmocka_unit_test(maps_are_read_across_their_pieces),
		cmocka_unit_test(a_line_longer_than_a_path_is_passed_over),
	};

	return cmocka_run_group_tests_name("maps", tests, NULL, NULL);
}
