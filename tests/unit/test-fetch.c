// SPDX-License-Identifier: GPL-2.0-or-later
/* Where lazaret-fetch may be sent: addresses, paths below them, proxies, sessions. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/fetch/dial.h"
#include "agent/fetch/proxy.h"
#include "agent/fetch/session.h"
#include "agent/fetch/url.h"
#include "tests/unit/test.h"

#define LONG_NAME                                                                                  \
	"a123456789.b123456789.c123456789.d123456789.e123456789.f123456789.g123456789.h123456789." \
	"a123456789.b123456789.c123456789.d123456789.e123456789.f123456789.g123456789.h123456789." \
	"a123456789.b123456789.c123456789.d123456789.e123456789.f123456789.g123456789.example"

static void test_url(void **state)
{
	static const struct {
		const char *base, *host, *port, *folder; /* host NULL: refused */
	} rows[] = {
		{ "https://policy.example/", "policy.example", "443", "/" },
		{ "https://policy.example:8443/a/b/", "policy.example", "8443", "/a/b/" },
		{ "https://localhost/%41/", "localhost", "443", "/%41/" },
		{ "https://xn--a-b.3com.example/", "xn--a-b.3com.example", "443", "/" },
		{ .base = "" },
		{ .base = "https://" },
		{ .base = "https:///" },
		{ .base = "http://policy.example/" },
		{ .base = "HTTPS://policy.example/" },
		{ .base = "https://policy.example" },
		{ .base = "https://policy.example/a" },
		{ .base = "https://policy.example/a/?x/" },
		{ .base = "https://policy.example/a#/" },
		{ .base = "https://policy.example/../" },
		{ .base = "https://policy.example//../" },
		{ .base = "https://" LONG_NAME "/" },
		{ .base = "https://policy.example:/" },
		{ .base = "https://policy.example:0/" },
		{ .base = "https://policy.example:443x/" },
		{ .base = "https://policy.example:65536/" },
		{ .base = "https://policy.example:1:2/" },
		{ .base = "https://me@policy.example/" },
		{ .base = "https://policy..example/" },
		{ .base = "https://policy.example./" },
		{ .base = "https://.example/" },
		{ .base = "https://-a.example/" },
		{ .base = "https://a-.example/" },
		{ .base = "https://a_b.example/" },
		{ .base = "https://a b.example/" },
		{ .base = "https://10.0.0.1/" },
		{ .base = "https://1/" },
		{ .base = "https://[::1]/" },
		{ .base = "https://caf\xc3\xa9.example/" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fault f = { 0 };
		struct url u = { 0 };
		int r = url_parse(rows[i].base, &u, &f);

		if (r != (rows[i].host ? 0 : -EINVAL))
			fail_msg("%s: %d %s", rows[i].base, r, f.why);
		assert_string_equal(u.host, rows[i].host ? rows[i].host : "");
		assert_string_equal(u.port, rows[i].host ? rows[i].port : "");
		assert_string_equal(u.folder, rows[i].host ? rows[i].folder : "");
		assert_int_equal(!f.why[0], r == 0);
	}
}

static void test_path(void **state)
{
	static const struct {
		const char *path;
		bool ok;
	} rows[] = {
		{ "", true },
		{ "timestamp.json", true },
		{ "a/b.c/1.root.json", true },
		{ "a%20b", true },
		{ "a:b@c,d;e", true },
		{ "/a", false },
		{ "..", false },
		{ "a/../b", false },
		{ "a..b", false },
		{ "%2e%2E/b", false },
		{ "a%2fb", false },
		{ "a%5Cb", false },
		{ "%00", false },
		{ "%0d%0a", false },
		{ "%7F", false },
		{ "%", false },
		{ "%2", false },
		{ "%zz", false },
		{ "a b", false },
		{ "a\tb", false },
		{ "a\r\nX: y", false },
		{ "a?b", false },
		{ "a#b", false },
		{ "a\\b", false },
		{ "\xc3\xa9", false },
		{ "a\"b", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (url_check_path(rows[i].path, NULL) != (rows[i].ok ? 0 : -EINVAL))
			fail_msg("\"%s\" should be %s", rows[i].path,
				 rows[i].ok ? "fine" : "refused");
}

static void test_proxy(void **state)
{
	static const struct {
		const char *text, *host, *port, *login; /* host NULL: refused */
	} rows[] = {
		{ "http://proxy.example:3128", "proxy.example", "3128", "" },
		{ "http://10.0.0.1:8080/", "10.0.0.1", "8080", "" },
		{ "http://[fd00::1]:8080", "fd00::1", "8080", "" },
		{ "http://Aladdin:open%20sesame@p:80", "p", "80", "QWxhZGRpbjpvcGVuIHNlc2FtZQ==" },
		{ "http://u:@p:80", "p", "80", "dTo=" },
		{ "http://u:a:b@c@p:80", "p", "80", "dTphOmJAYw==" },
		{ .text = "https://proxy.example:3128" },
		{ .text = "socks5://proxy.example:3128" },
		{ .text = "proxy.example:3128" },
		{ .text = "http://proxy.example" },
		{ .text = "http://proxy.example:" },
		{ .text = "http://proxy.example:0" },
		{ .text = "http://proxy.example:66000" },
		{ .text = "http://proxy.example:3128/path" },
		{ .text = "http://:3128" },
		{ .text = "http://" },
		{ .text = "http://[fd00::1:8080" },
		{ .text = "http://[10.0.0.1]:8080" },
		{ .text = "http://fd00::1:8080" },
		{ .text = "http://p\r\nX: y:80" },
		{ .text = "http://" LONG_NAME ":80" },
		{ .text = "http://user@p:80" },
		{ .text = "http://:secret@p:80" },
		{ .text = "http://u:secret%0a@p:80" },
		{ .text = "http://u:secret%@p:80" },
		{ .text = "http://u:secret\n@p:80" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fault f = { 0 };
		struct proxy p = { 0 };
		int r = proxy_parse(rows[i].text, &p, &f);

		if (r != (rows[i].host ? 0 : -EINVAL))
			fail_msg("%s: %d %s", rows[i].text, r, f.why);
		assert_string_equal(p.host, rows[i].host ? rows[i].host : "");
		assert_string_equal(p.port, rows[i].host ? rows[i].port : "");
		assert_string_equal(p.login, rows[i].host ? rows[i].login : "");
		assert_int_equal(!f.why[0], r == 0);
		assert_null(strstr(f.why, "secret"));
	}
}

/* What is wrong with the request itself is found before any descriptor is looked at. */
static void test_open(void **state)
{
	static const struct {
		uint32_t flags, timeout_ms;
		size_t n_fds;
		const char *why;
	} rows[] = {
		{ 0, 0, 1, "a timeout of 0 ms" },
		{ 0, 600001, 1, "a timeout of 600001 ms" },
		{ 8, 1000, 1, "unknown flags 0x8" },
		{ 0, 1000, 0, "0 descriptors where 1 belong" },
		{ 0, 1000, 3, "3 descriptors where 1 belong" },
		{ FETCH_HAS_CLIENT, 1000, 1, "1 descriptors where 3 belong" },
		{ FETCH_HAS_MEMORY, 1000, 1, "1 descriptors where 2 belong" },
		{ FETCH_HAS_CLIENT | FETCH_HAS_MEMORY, 1000, 3, "3 descriptors where 4 belong" },
		{ 0, 1000, 1, "the CA file cannot be read: Bad file descriptor" },
	};
	const int fds[] = { -1, -1, -1 };
	struct fetch_open o = { .base = "https://policy.example/" };
	struct session *s = NULL;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		o.flags = rows[i].flags;
		o.timeout_ms = rows[i].timeout_ms;
		f = (struct fault){ 0 };
		assert_true(session_open(&o, fds, rows[i].n_fds, &s, &f) < 0);
		if (strncmp(f.why, rows[i].why, strlen(rows[i].why)))
			fail_msg("row %zu: %s", i, f.why);
	}
	memset(o.base, 'a', sizeof(o.base));
	f = (struct fault){ 0 };
	assert_int_equal(session_open(&o, fds, 1, &s, &f), -EINVAL);
	assert_string_equal(f.why, "base or proxy does not end within its room");
	assert_null(s);
}

/* It is one field of the request, whoever wrote it. */
static void test_report(void **state)
{
	static const char *const texts[] = { "a\r\nb: c", "a\nb", "\t", "\x7f", "\xc3\xa4" };
	const int fds[] = { -1 };
	struct fetch_open o = { .base = "https://policy.example/", .timeout_ms = 1000 };
	struct session *s = NULL;

	(void)state;
	for (size_t i = 0; i <= COUNT(texts); i++) {
		struct fault f = { 0 };

		if (i < COUNT(texts))
			strcpy(o.report, texts[i]);
		else
			memset(o.report, 'a', sizeof(o.report));
		assert_int_equal(session_open(&o, fds, 1, &s, &f), -EINVAL);
		assert_string_equal(f.why, "the report is no line of visible text");
	}
	memset(o.report, 0, sizeof(o.report));
	strcpy(o.report, "host=A; wrong=1");
	assert_int_equal(session_open(&o, fds, 1, &s, NULL), -EBADF);
}

/* A port of this machine that lets nobody in: its queue is full, so that a connection waits. */
static int open_full(int queued[3], char port[6])
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 0), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	snprintf(port, 6, "%u", ntohs(at.sin_port));
	for (int i = 0; i < 3; i++) {
		queued[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		connect(queued[i], (struct sockaddr *)&at, sizeof(at));
	}
	return fd;
}

/* Who asked and went away keeps no place of those that lazaret-fetch has. */
static void test_asker_gone(void **state)
{
	_close_ int before = dup(DIAL_ASKER), silent = -1;
	int ends[2], queued[3];
	struct fault f = { 0 };
	char port[6];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(dup2(ends[0], DIAL_ASKER), DIAL_ASKER);
	silent = open_full(queued, port);
	assert_int_equal(dial_wait(silent, POLLERR, io_boot_ms() + 10), -ETIMEDOUT);
	assert_int_equal(dial("127.0.0.1", port, io_boot_ms() + 400, NULL, &f), -ETIMEDOUT);
	close(ends[1]);
	assert_int_equal(dial_wait(silent, POLLERR, io_boot_ms() + 20000), -ECANCELED);
	assert_int_equal(dial("127.0.0.1", port, io_boot_ms() + 20000, NULL, &f), -ECANCELED);
	for (int i = 0; i < 3; i++)
		close(queued[i]);
	close(ends[0]);
	if (before < 0)
		close(DIAL_ASKER);
	else
		dup2(before, DIAL_ASKER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_url),    cmocka_unit_test(test_path),
		cmocka_unit_test(test_open),   cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_report), cmocka_unit_test(test_asker_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
