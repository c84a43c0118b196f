// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/clamd.h"
#include "agent/posture/posture.h"
#include "tests/unit/test.h"

#define DAY 86400
#define NOW 1793520000 /* Sun Nov  1 08:00:00 2026 */

static char folder[] = "/tmp/test-antivirus.XXXXXX", path[100];

/* One clamd of the test's: what it answers to which command; NULL: nothing. */
struct fake {
	const char *pong, *version;
	size_t pong_len, version_len; /* 0: the text and its NUL */
};

static void serve(int listener, const struct fake *fake)
{
	char command[64];

	for (;;) {
		int fd = accept(listener, NULL, NULL);
		ssize_t n = read(fd, command, sizeof(command));
		bool ping = n == 6 && !memcmp(command, "zPING", 6);
		const char *text = ping ? fake->pong : fake->version;
		size_t len = ping ? fake->pong_len : fake->version_len;

		if (!ping && (n != 9 || memcmp(command, "zVERSION", 9)))
			_exit(1);
		if (!text)
			continue; /* stays open, says nothing */
		io_write(fd, text, len ? len : strlen(text) + 1);
		close(fd);
	}
}

static pid_t start(const struct fake *fake)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	unlink(path);
	strcpy(at.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 4), 0);
	pid = fork();
	if (pid == 0)
		serve(fd, fake);
	return pid;
}

static void look(const char *root, struct finding *f)
{
	const struct requirement req = { .with.antivirus.signatures_max_age = 3 * DAY };
	_close_ int dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct host host = { .root = dir, .clamd = path, .now = NOW };

	look_antivirus(&req, &host, f);
}

static void test_answers(void **state)
{
	static const struct {
		struct fake fake;
		enum grade grade;
		const char *what;
	} rows[] = {
		{ { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0, 0 },
		  GRADE_PASS,
		  "ClamAV 1.4.6 answers; its signatures 27801 are 1 d" },
		{ { "PONG", "ClamAV 1.4.6/27801/Sun Nov  1 09:00:00 2026", 0, 0 },
		  GRADE_PASS,
		  "are 0 s old" },
		{ { "PONG", "ClamAV 1.4.6/27801/Thu Oct 29 07:59:00 2026", 0, 0 },
		  GRADE_FAIL,
		  "27801 are 3 d 1 min old; the policy allows 3 d" },
		{ { "PONG", "ClamAV 1.4.6/27801/Tue Nov  3 08:00:00 2026", 0, 0 },
		  GRADE_UNKNOWN,
		  "from the future" },
		{ { "PONG", "ClamAV 1.4.6", 0, 0 }, GRADE_FAIL, "has no daily signatures" },
		{ { "PONG", "ClamAV 1.4.6/27801/yesterday", 0, 0 }, GRADE_UNKNOWN, "yesterday" },
		{ { "PONG", "", 0, 0 }, GRADE_UNKNOWN, "names its signatures" },
		{ { "pong", "", 0, 0 }, GRADE_UNKNOWN, "cannot ask clamd" },
		{ { "PONG", NULL, 0, 0 }, GRADE_FAIL, "does not answer" },
		{ { NULL, NULL, 0, 0 }, GRADE_FAIL, "does not answer" },
		{ { "PONG and no end", NULL, 4, 0 }, GRADE_UNKNOWN, "cannot ask clamd" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		pid_t pid = start(&rows[i].fake);
		uint64_t begun = io_boot_ms();
		struct finding f;

		look("/", &f);
		assert_in_range(io_boot_ms() - begun, 0, CLAMD_WAIT_MS + 300);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_int_equal(f.grade, rows[i].grade);
		assert_non_null(strstr(f.what, rows[i].what));
		assert_int_equal(!*f.todo, f.grade == GRADE_PASS);
	}
}

static void test_nobody_listens(void **state)
{
	static const struct fake fake;
	struct finding f;
	char name[200];
	pid_t pid;

	(void)state;
	unlink(path);
	look(folder, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	assert_non_null(strstr(f.what, "not installed"));

	snprintf(name, sizeof(name), "mkdir -p %s/usr/sbin && touch %s/usr/sbin/clamd", folder,
		 folder);
	assert_int_equal(system(name), 0);
	look(folder, &f);
	assert_non_null(strstr(f.what, "not running"));

	/* The socket a killed clamd leaves behind. */
	pid = start(&fake);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	look(folder, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	assert_non_null(strstr(f.what, "not running"));
}

static void test_version_parse(void **state)
{
	static const char *const bad[] = {
		"",
		"/1/Sun Nov  1 08:00:00 2026",
		"ClamAV/",
		"ClamAV/0/Sun Nov  1 08:00:00 2026",
		"ClamAV/-1/Sun Nov  1 08:00:00 2026",
		"ClamAV/1",
		"ClamAV/1/",
		"ClamAV/1/Sun Nov  1 08:00:00 2026 ",
		"ClamAV/1/Sun nov  1 08:00:00 2026",
		"ClamAV/1/Sun anF  1 08:00:00 2026",
		"ClamAV/1/Sun No  1 08:00:00 2026",
		"ClamAV/1/Sun Nov 32 08:00:00 2026",
		"ClamAV/1/Sun Nov  1 24:00:00 2026",
		"ClamAV/1/Sun Nov  1 08:00:00 1",
		"ClamAV/9999999999/Sun Nov  1 08:00:00 2026",
		"0123456789012345678901234567890123456789012345678901234567890123",
	};
	struct clamd_version v;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(clamd_version_parse(bad[i], &v), -EBADMSG);
	assert_int_equal(clamd_version_parse("ClamAV 1.0/5/Sun Nov  1 08:00:00 2026", &v), 0);
	assert_string_equal(v.engine, "ClamAV 1.0");
	assert_int_equal(v.version, 5);
	assert_int_equal(v.made, NOW);
}

static int set_up(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/clamd.ctl", folder);
	return 0;
}

static int tear_down(void **state)
{
	char command[200];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_version_parse),
	};

	return cmocka_run_group_tests_name("antivirus", tests, set_up, tear_down);
}
