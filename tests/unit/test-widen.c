// SPDX-License-Identifier: GPL-2.0-or-later
/* What the host knows of its servers, and the list that it falls back to. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/base/peer.h"
#include "agent/served.h"
#include "agent/widen.h"
#include "tests/unit/test.h"

static struct peer peer(const char *text)
{
	struct peer p;

	assert_int_equal(peer_read(text, &p), 0);
	return p;
}

static void test_peer_text(void **state)
{
	static const char *const good[] = { "192.0.2.1:443", "[2001:db8::1]:8443", "0.0.0.0:1",
					    "[::]:65535" };
	static const char *const bad[] = {
		"",
		"192.0.2.1",
		"192.0.2.1:",
		"192.0.2.1:0",
		"192.0.2.1:65536",
		":443",
		"192.0.2.1:-1",
		"192.0.2.1:+1",
		"192.0.2:443",
		"192.0.2.1:44x",
		"[]:443",
		"[2001:db8::1:443",
		"2001:db8::1:443",
		"[192.0.2.1]:443",
		"]:1",
		"[:1",
		"a.example:443",
	};
	char out[PEER_TEXT];
	struct peer p;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		p = peer(good[i]);
		assert_int_equal(p.proto, IPPROTO_TCP);
		assert_string_equal(peer_text(&p, out), good[i]);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(peer_read(bad[i], &p), -EINVAL);
}

static int make_folder(char *path)
{
	assert_non_null(mkdtemp(path));
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void remove_folder(const char *path, int dir)
{
	unlinkat(dir, SERVED_FILE, 0);
	unlinkat(dir, "other", 0);
	close(dir);
	rmdir(path);
}

/* The last one first, none twice, the oldest makes room. */
static void test_served(void **state)
{
	char path[] = "/tmp/test-widen.XXXXXX", text[PEER_TEXT];
	int dir = make_folder(path);
	struct served s = { 0 }, again = { 0 };

	(void)state;
	for (unsigned i = 1; i <= SERVED_MAX + 2; i++) {
		struct peer p;

		snprintf(text, sizeof(text), "192.0.2.%u:443", i);
		p = peer(text);
		assert_int_equal(served_note(dir, &s, &p), 0);
	}
	assert_int_equal(s.n, SERVED_MAX);
	assert_string_equal(peer_text(&s.at[0], text), "192.0.2.10:443");
	assert_string_equal(peer_text(&s.at[SERVED_MAX - 1], text), "192.0.2.3:443");
	assert_int_equal(served_note(dir, &s, &s.at[3]), 0);
	assert_string_equal(peer_text(&s.at[0], text), "192.0.2.7:443");
	assert_string_equal(peer_text(&s.at[3], text), "192.0.2.8:443");
	served_read(dir, SERVED_FILE, &again);
	assert_int_equal(again.n, s.n);
	for (size_t i = 0; i < s.n; i++)
		assert_memory_equal(again.at[i].addr, s.at[i].addr, 16);
	remove_folder(path, dir);
}

static void test_served_damaged(void **state)
{
	static const char text[] = "# to enrol\n192.0.2.1:443\nnonsense\n\n[2001:db8::1]:8443";
	char path[] = "/tmp/test-widen.XXXXXX";
	int dir = make_folder(path);
	struct served s = { 0 };

	(void)state;
	served_read(dir, "other", &s);
	assert_int_equal(s.n, 0);
	assert_int_equal(io_replace(dir, "other", text, sizeof(text) - 1, 0600), 0);
	served_read(dir, "other", &s);
	assert_int_equal(s.n, 2);
	for (int i = 0; i < 4; i++)
		served_read(dir, "other", &s);
	assert_int_equal(s.n, SERVED_MAX);
	remove_folder(path, dir);
}

static struct trial_seen seen(unsigned saw, const char *refused)
{
	struct trial_seen s = { .saw = saw };

	if (refused)
		s.refused[s.n_refused++] = peer(refused);
	return s;
}

/* Whom the rules refused is opened when it is known, and nobody else is. */
static void test_refused(void **state)
{
	struct peer own[] = { peer("192.0.2.53:53"), peer("192.0.2.9:443") }; /* as merged */
	struct peer old[] = { peer("192.0.2.9:443"), peer("192.0.2.80:443") };
	const struct allow list = { .out = own, .n_out = 2 }, good = { .out = old, .n_out = 2 };
	const struct served known = { 2, { peer("192.0.2.9:443"), peer("[2001:db8::1]:443") } };
	const struct {
		const char *refused;
		bool opens;
	} rows[] = {
		{ "[2001:db8::1]:443", true },	 { "192.0.2.80:443", true },
		{ "[2001:db8::1]:8443", false }, { "203.0.113.66:443", false },
		{ "192.0.2.9:443", false }, /* the list has it: it is not what is wrong */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct trial_seen s = seen(FETCH_SAW_REFUSAL, rows[i].refused);
		const struct peer p = peer(rows[i].refused);
		struct wider w = { 0 };
		struct allow wide;

		assert_int_equal(wider_add(&w, &list, &s, true, &known, &good), rows[i].opens);
		assert_int_equal(wider_is(&w), rows[i].opens);
		assert_false(wider_add(&w, &list, &s, true, &known, &good));
		assert_int_equal(widen(&list, &w, &wide), 0);
		assert_int_equal(wide.n_out, 2 + rows[i].opens);
		assert_true(widen_names(&wide, &own[1]));
		assert_int_equal(widen_names(&wide, &p), rows[i].opens || widen_names(&list, &p));
		assert_false(wide.everyone);
		assert_false(wide.dns_any);
		free(wide.out);
	}
}

/* What a network can say opens nothing to other programs; where lazaret-fetch runs does. */
static void test_everyone(void **state)
{
	const struct allow list = { .dns_any = true }, none = { 0 };
	const struct trial_seen lies = seen(FETCH_SAW_REFUSAL | FETCH_SAW_NO_NAME | FETCH_SAW_HELD |
						    FETCH_SAW_LEAK,
					    "203.0.113.66:443"),
				astray = seen(FETCH_SAW_ASTRAY, NULL);
	const struct served known = { 0 };
	struct wider w = { 0 };
	struct allow wide;

	(void)state;
	assert_false(wider_add(&w, &list, &lies, true, &known, &none));
	assert_false(wider_is(&w));
	assert_false(wider_add(&w, &list, &astray, false, &known, &none));
	assert_true(wider_add(&w, &list, &astray, true, &known, &none));
	assert_int_equal(widen(&list, &w, &wide), 0);
	assert_true(wide.everyone);
	free(wide.out);
}

/* Without any resolver a name can never be found: then every one is open. */
static void test_resolvers(void **state)
{
	struct peer own[] = { peer("192.0.2.9:443"), peer("192.0.2.53:53") };
	const struct allow bare = { .out = own, .n_out = 1 }, list = { .out = own, .n_out = 2 },
			   none = { 0 };
	const struct trial_seen s = seen(FETCH_SAW_NO_NAME, NULL);
	const struct served known = { 0 };
	struct wider w = { 0 };
	struct allow wide;

	(void)state;
	assert_false(wider_add(&w, &list, &s, true, &known, &none));
	assert_true(wider_add(&w, &bare, &s, true, &known, &none));
	assert_int_equal(widen(&bare, &w, &wide), 0);
	assert_true(wide.dns_any);
	assert_false(wide.everyone);
	free(wide.out);
}

/* Of what was opened only that stays by which the server answers. */
static void test_trim(void **state)
{
	const struct peer a = peer("192.0.2.80:443"), b = peer("192.0.2.81:443"),
			  other = peer("192.0.2.9:443");
	struct wider w = { .everyone = true, .n = 2, .at = { a, b } };

	(void)state;
	assert_true(wider_trim(&w, FETCH_SAW_ASTRAY, &b));
	assert_true(w.everyone);
	assert_int_equal(w.n, 1);
	assert_memory_equal(&w.at[0], &b, sizeof(b));
	assert_false(wider_trim(&w, FETCH_SAW_ASTRAY, &b));
	assert_true(wider_trim(&w, 0, &other));
	assert_false(wider_is(&w));
}

static void test_why(void **state)
{
	const struct wider all = { .everyone = true, .dns_any = true, .n = 1 }, none = { 0 };
	char text[240];

	(void)state;
	assert_string_equal(wider_why(&none, text, sizeof(text)), "");
	assert_non_null(strstr(wider_why(&all, text, sizeof(text)), "; any resolver"));
	assert_non_null(strstr(text, "lazaret.slice"));
}

static void test_names(void **state)
{
	struct peer net = { .family = AF_INET,
			    .proto = IPPROTO_TCP,
			    .prefix = 24,
			    .port = 443,
			    .addr = { 192, 0, 2, 0 } };
	const struct allow list = { .out = &net, .n_out = 1 };
	const struct peer in = peer("192.0.2.255:443"), out = peer("192.0.3.0:443"),
			  port = peer("192.0.2.1:444");

	(void)state;
	assert_true(widen_names(&list, &in));
	assert_false(widen_names(&list, &out));
	assert_false(widen_names(&list, &port));
	net.proto = IPPROTO_UDP;
	assert_false(widen_names(&list, &in));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_peer_text),      cmocka_unit_test(test_served),
		cmocka_unit_test(test_served_damaged), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_everyone),       cmocka_unit_test(test_resolvers),
		cmocka_unit_test(test_trim),	       cmocka_unit_test(test_why),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
