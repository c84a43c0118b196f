// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A refresh over several mirrors.  The helpers are this very program under other names:
 * they do what the host in the address says, and note who was asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/msg.h"
#include "agent/refresh.h"
#include "tests/unit/test.h"

static char folder[PATH_MAX] = "/tmp/test-refresh.XXXXXX";

static void note(const char *text)
{
	int fd = open(getenv("ASKED"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	(void)!write(fd, text, strlen(text));
	close(fd);
}

/* It is what wire.h says, and what was written into it by the run before is still there. */
static bool check_memory(int fd, char runs[2])
{
	struct stat st;

	if (fstat(fd, &st) < 0 || st.st_size != FETCH_MEMORY_SIZE || pread(fd, runs, 1, 0) != 1 ||
	    ftruncate(fd, FETCH_MEMORY_SIZE + 1) == 0 || ftruncate(fd, 0) == 0)
		return false;
	runs[0]++;
	if (pwrite(fd, runs, 1, 0) != 1)
		return false;
	runs[0] = (char)('0' + runs[0]);
	return true;
}

/* https://unreachable/ fails at once, https://busy/ with its answer, others do not. */
static int fake_fetch(void)
{
	struct fetch_got got = { .status = 200 };
	struct fetch_open o;
	struct fetch_get get;
	int fds[MSG_FDS_MAX], body;
	size_t n = MSG_FDS_MAX, one = 1;
	char host[64] = "", runs[2] = "";

	if (msg_recv(0, &o, sizeof(o), fds, &n, 5000) < 0 || n != 2 ||
	    strcmp(o.proxy, "http://u:p@proxy:1") || o.flags != FETCH_HAS_MEMORY ||
	    !check_memory(fds[1], runs))
		return 1;
	sscanf(o.base, "https://%63[^/]", host);
	note(host);
	note(runs);
	note(" ");
	if (!strcmp(host, "unreachable")) {
		got.err = -EHOSTUNREACH;
		strcpy(got.why, "no way to unreachable");
	} else if (!strcmp(host, "busy")) {
		got.retry_after = 700;
		got.status = 503;
	}
	if (msg_send(0, &got, sizeof(got), NULL, 0) < 0 ||
	    msg_recv(0, &get, sizeof(get), &body, &one, 5000) < 0)
		return 0;
	return msg_send(0, &got, sizeof(got), NULL, 0) < 0;
}

static int fake_vet(void)
{
	struct vet_said said = { .version = 7 };
	struct fetch_get get = { .path = "x" };
	struct fetch_got got;
	struct vet_ask ask;
	int session, body = open("/dev/null", O_RDWR | O_CLOEXEC);
	size_t n = 1;

	if (msg_recv(0, &ask, sizeof(ask), &session, &n, 5000) < 0 ||
	    msg_send(session, &get, sizeof(get), &body, 1) < 0 ||
	    msg_recv(session, &got, sizeof(got), NULL, NULL, 5000) < 0)
		return 1;
	if (got.status != 200) {
		said.err = -EPROTO;
		said.retry_after = got.retry_after;
		strcpy(said.why, "refused");
	}
	return msg_send(0, &said, sizeof(said), NULL, 0) < 0;
}

struct outcome {
	sd_event *loop;
	struct vet_said said;
};

static void on_done(void *ctx, const struct vet_said *said)
{
	struct outcome *o = ctx;

	o->said = *said;
	sd_event_exit(o->loop, 0);
}

static struct vet_said refresh_once(struct mirrors *m, const char *asked)
{
	struct config config = { .ca = (char *)"/dev/null",
				 .certificate = (char *)"",
				 .private_key = (char *)"",
				 .proxy = (char *)"http://u:p@proxy:1",
				 .state_dir = folder,
				 .helper_dir = folder,
				 .first_root = (char *)"",
				 .timeout = 5 };
	struct helpers helpers = { .config = &config, .spawn = true };
	struct outcome o = { 0 };
	struct refresh *r = NULL;
	struct fault fault = { 0 };
	_free_ char *text = NULL;
	size_t len;

	unlink(getenv("ASKED"));
	assert_true(sd_event_new(&o.loop) >= 0);
	assert_int_equal(refresh_start(o.loop, &helpers, m, "", on_done, &o, &r, &fault), 0);
	assert_true(sd_event_loop(o.loop) >= 0);
	refresh_free(r);
	sd_event_unref(o.loop);
	assert_int_equal(io_read(AT_FDCWD, getenv("ASKED"), 1000, &text, &len), 0);
	assert_string_equal(text, asked);
	return o.said;
}

static void test_first_serves(void **state)
{
	struct mirrors *m = NULL;

	(void)state;
	assert_int_equal(mirrors_new("https://good/ https://better/", 900, &m), 0);
	assert_int_equal(refresh_once(m, "good1 ").version, 7);
	assert_int_equal(refresh_once(m, "good2 ").version, 7);
	mirrors_free(m);
}

static void test_next_is_asked(void **state)
{
	struct mirrors *m = NULL;
	struct vet_said said;

	(void)state;
	assert_int_equal(mirrors_new("https://unreachable/ https://busy/ https://good/", 900, &m),
			 0);
	said = refresh_once(m, "unreachable1 busy1 good1 ");
	assert_int_equal(said.err, 0);
	/* In their pauses the others come last, which here means not at all. */
	said = refresh_once(m, "good2 ");
	assert_int_equal(said.err, 0);
	m->at[0].not_before = 0;
	assert_int_equal(refresh_once(m, "unreachable2 good3 ").version, 7);
	mirrors_free(m);
}

static void test_all_fail(void **state)
{
	struct mirrors *m = NULL;
	struct vet_said said;
	uint64_t now = io_boot_ms();

	(void)state;
	assert_int_equal(mirrors_new("https://busy/ https://unreachable/", 900, &m), 0);
	said = refresh_once(m, "busy1 unreachable1 ");
	assert_int_equal(said.err, -EPROTO);
	assert_string_equal(said.why, "refused; 1 more failed, too");
	assert_in_range(mirrors_wait(m, now), 45, 61); /* the other one's pause is the shorter */
	assert_true(m->at[0].not_before >= now + 700000);
	mirrors_free(m);

	assert_int_equal(mirrors_new("https://busy/", 900, &m), 0);
	assert_string_equal(refresh_once(m, "busy1 ").why, "refused");
	assert_in_range(mirrors_wait(m, io_boot_ms()), 699, 876);
	mirrors_free(m);
}

static void test_cannot_begin(void **state)
{
	struct config config = { .ca = (char *)"/nonexistent", .helper_dir = folder };
	struct helpers helpers = { .config = &config, .spawn = true };
	struct mirrors *m = NULL;
	struct fault fault = { 0 };
	struct refresh *r = NULL;
	sd_event *loop = NULL;

	(void)state;
	assert_true(sd_event_new(&loop) >= 0);
	assert_int_equal(mirrors_new("", 900, &m), 0);
	assert_int_equal(refresh_start(loop, &helpers, m, "", on_done, NULL, &r, &fault), -EINVAL);
	assert_non_null(strstr(fault.why, "URL= is not set"));
	mirrors_free(m);

	fault = (struct fault){ 0 };
	assert_int_equal(mirrors_new("https://good/", 900, &m), 0);
	assert_int_equal(refresh_start(loop, &helpers, m, "", on_done, NULL, &r, &fault), -ENOENT);
	assert_non_null(strstr(fault.why, "cannot read /nonexistent"));
	assert_in_range(mirrors_wait(m, io_boot_ms()), 44, 61);
	mirrors_free(m);

	/* The file that is at fault is named, not the first one. */
	config.ca = (char *)"/dev/null";
	config.certificate = (char *)"/nocertificate";
	config.private_key = (char *)"/nokey";
	fault = (struct fault){ 0 };
	assert_int_equal(mirrors_new("https://good/", 900, &m), 0);
	assert_int_equal(refresh_start(loop, &helpers, m, "", on_done, NULL, &r, &fault), -ENOENT);
	assert_non_null(strstr(fault.why, "cannot read /nocertificate"));
	mirrors_free(m);
	sd_event_unref(loop);
}

static int make_folder(void **state)
{
	char self[PATH_MAX] = "", path[PATH_MAX + 20];

	(void)state;
	if (!mkdtemp(folder) || readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/asked", folder);
	setenv("ASKED", path, 1);
	snprintf(path, sizeof(path), "%s/lazaret-fetch", folder);
	if (symlink(self, path) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/lazaret-vet", folder);
	return symlink(self, path);
}

static int drop_folder(void **state)
{
	char command[PATH_MAX + 8];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_serves),
		cmocka_unit_test(test_next_is_asked),
		cmocka_unit_test(test_all_fail),
		cmocka_unit_test(test_cannot_begin),
	};

	(void)argc;
	if (!strcmp(argv[0], "lazaret-fetch"))
		return fake_fetch();
	if (!strcmp(argv[0], "lazaret-vet"))
		return fake_vet();
	return cmocka_run_group_tests_name("refresh", tests, make_folder, drop_folder);
}
