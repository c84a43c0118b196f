// SPDX-License-Identifier: GPL-2.0-or-later
/* Copies that are too many, too large or made to harm: links, bounds, a full disk. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "agent/base/count.h"
#include "agent/remedy/asides.h"
#include "agent/remedy/copies.h"
#include "policy/digest.h"
#include "tests/unit/copied.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

/* A link in the place of a folder, of a file, or of what would be written beside it. */
static void test_links(void **state)
{
	struct root r;
	struct copies *c;
	size_t len;
	char *text;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	put_ufw(&r);
	root_text(&r, "elsewhere/secret", "not for us\n");
	assert_int_equal(symlinkat("../../elsewhere/secret", r.fd, "etc/ufw/link"), 0);
	assert_int_equal(symlinkat("../../elsewhere", r.fd, "etc/ufw/folder"), 0);
	assert_int_equal(mkfifoat(r.fd, "etc/ufw/fifo", 0600), 0);
	c = copied(&r, &text, &len);
	assert_int_equal(c->n, 8); /* where they lead, and nothing of what is there */
	assert_null(memmem(text, len, "not for us", 10));
	assert_int_equal(unlinkat(r.fd, "etc/ufw/fifo", 0), 0);
	assert_int_equal(put_back(c, FRONT_UFW, &r, true), 0);

	root_rm(&r, "etc/ufw");
	assert_int_equal(symlinkat("../elsewhere", r.fd, "etc/ufw"), 0);
	assert_int_equal(put_back(c, FRONT_UFW, &r, false), 6);
	assert_true(leads(&r, "etc/ufw/link", "../../elsewhere/secret"));
	assert_true(leads(&r, "etc/ufw/folder", "../../elsewhere"));
	assert_false(has(&r, "elsewhere/ufw.conf", "ENABLED=yes\n"));
	assert_true(has(&r, "etc/ufw/ufw.conf", "ENABLED=yes\n"));
	assert_true(has(&r, "etc/.ufw.set-aside/secret", "not for us\n"));

	assert_int_equal(unlinkat(r.fd, "etc/ufw/ufw.conf", 0), 0);
	assert_int_equal(symlinkat("../../elsewhere/secret", r.fd, "etc/ufw/ufw.conf"), 0);
	assert_true(copies_gone(c, FRONT_UFW, r.fd));
	assert_int_equal(put_back(c, FRONT_UFW, &r, false), 1);
	assert_true(has(&r, "etc/ufw/ufw.conf", "ENABLED=yes\n"));
	assert_true(has(&r, "elsewhere/secret", "not for us\n"));

	assert_int_equal(unlinkat(r.fd, "etc/ufw/ufw.conf", 0), 0);
	root_text(&r, "etc/ufw/ufw.conf/file", "a folder in its place\n");
	assert_int_equal(put_back(c, FRONT_UFW, &r, false), 1);
	assert_true(has(&r, "etc/ufw/ufw.conf", "ENABLED=yes\n"));
	copies_free(c);
	free(text);
	root_close(&r);
}

/* Too much is not cut: nothing is kept, and the reason says where. */
static void test_bounds(void **state)
{
	char *text = NULL, name[60], *big = calloc(1, COPIES_BYTES / 2 + 2);
	struct fault fault = { 0 };
	struct root r;
	size_t len;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	copies_free(copied(&r, &text, &len)); /* nothing is fine, too */
	free(text);
	text = NULL;
	memset(big, 'x', COPIES_BYTES / 2 + 1);
	root_text(&r, "etc/nftables.d/a", big);
	root_text(&r, "etc/nftables.d/b", "");
	assert_int_equal(copies_make(r.fd, &nobody, &text, &len, NULL), 0);
	free(text);
	text = NULL;
	root_text(&r, "etc/nftables.d/b", big);
	fault = (struct fault){ 0 };
	assert_int_equal(copies_make(r.fd, &nobody, &text, &len, &fault), -EFBIG);
	assert_non_null(strstr(fault.why, "at /etc/nftables.d/b"));
	root_rm(&r, "etc/nftables.d");
	for (int i = 0; i <= COPIES_FILES; i++) {
		snprintf(name, sizeof(name), "etc/firewalld/zones/%d.xml", i);
		root_text(&r, name, "x");
	}
	assert_int_equal(copies_make(r.fd, &nobody, &text, &len, NULL), -EFBIG);
	root_rm(&r, "etc/firewalld");
	root_text(&r, "etc/firewalld/1/2/3/4/5/x.xml", "x");
	assert_int_equal(copies_make(r.fd, &nobody, &text, &len, NULL), -EFBIG);
	assert_null(text);
	free(big);
	root_close(&r);
}

/* Signed as well as ours are, and refused: the copies are root's, and still not believed. */
static void test_hostile(void **state)
{
	static const char *const bad[] = {
		"",
		" 1\n",
		" 1\n755 1 etc/ufw/a\n",
		" 1\n755 1 etc/ufw/a\nx",
		" 1\n755 1 etc/ufw/a\nxy\n",
		" 2\n755 1 etc/ufw/a\nx\n",
		" 0\n755 1 etc/ufw/a\nx\n",
		" 1\n755 1 etc/passwd\nx\n",
		" 1\n755 1 etc/ufw/../passwd\nx\n",
		" 1\n755 1 etc/ufw/\nx\n",
		" 1\n755 1 etc/ufw\nx\n",
		" 1\n755 1 etc/ufw//a\nx\n",
		" 1\n755 1 /etc/ufw/a\nx\n",
		" 1\n4755 1 etc/ufw/a\nx\n",
		" 1\n755 9999999 etc/ufw/a\nx\n",
		" 1\n755 -1 etc/ufw/a\nx\n",
		" 1\n755 1\nx\n",
		" 300\n755 1 etc/ufw/a\nx\n",
		" 1\n755 1 etc/nftables.conf/a\nx\n",
		" 1\nlink 0 etc/ufw/a\n\n",
		" 1\nlink 2 etc/ufw/a\nx\n",
		" 1\nlink 1 etc/passwd\nx\n",
		" 1\nlink 755 1 etc/ufw/a\nx\n",
		" 1\nlink etc/ufw/a\nx\n",
	};
	const char *good = " 1\n755 1 etc/ufw/a\nx\n";
	char text[300], sum[DIGEST_TEXT];
	struct copies *c = NULL;
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(digest_make_text(DIGEST_SHA256, bad[i], strlen(bad[i]), sum), 0);
		snprintf(text, sizeof(text), "%s%s", sum, bad[i]);
		if (copies_parse(text, strlen(text), &c) != -EBADMSG)
			fail_msg("%s", bad[i]);
	}
	assert_int_equal(digest_make_text(DIGEST_SHA256, good, strlen(good), sum), 0);
	len = (size_t)snprintf(text, sizeof(text), "%s%s", sum, good);
	for (size_t i = 0; i < len; i++) {
		text[i] ^= 1;
		assert_int_equal(copies_parse(text, len, &c), -EBADMSG);
		assert_int_equal(copies_parse(text, i, &c), -EBADMSG);
		text[i] ^= 1;
	}
	assert_int_equal(copies_parse(text, len, &c), 0);
	assert_int_equal(c->n, 1);
	copies_free(c);
}

/* What is there goes only when there is something for its place. */
static void test_full_disk(void **state)
{
	struct rlimit limit, none;
	struct fault fault = { 0 };
	struct root r;
	struct copies *c;
	size_t len;
	char *text;
	int n;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	put_ufw(&r);
	c = copied(&r, &text, &len);
	root_text(&r, "etc/ufw/user.rules", "mine\n");
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	none = (struct rlimit){ 0, limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	n = copies_put_back(c, FRONT_UFW, r.fd, true, &nobody, &fault);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(n, -EFBIG);
	assert_true(has(&r, "etc/ufw/user.rules", "mine\n"));
	assert_int_equal(faccessat(r.fd, "etc/ufw/.user.rules.put-back", F_OK, 0), -1);
	copies_free(c);
	free(text);
	root_close(&r);
}

/* A link in the place of a folder that another row goes through: it is set aside, not followed. */
static void test_hostile_links(void **state)
{
	static const char rows[] = " 2\nlink 15 etc/ufw/a\n../../elsewhere\n755 1 etc/ufw/a/b\nx\n";
	char text[300], sum[DIGEST_TEXT];
	struct copies *c = NULL;
	struct root r;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	root_text(&r, "elsewhere/b", "not ours\n");
	assert_int_equal(digest_make_text(DIGEST_SHA256, rows, strlen(rows), sum), 0);
	snprintf(text, sizeof(text), "%s%s", sum, rows);
	assert_int_equal(copies_parse(text, strlen(text), &c), 0);
	assert_int_equal(put_back(c, FRONT_UFW, &r, true), 2);
	assert_true(has(&r, "elsewhere/b", "not ours\n"));
	assert_true(has(&r, "etc/ufw/a/b", "x"));
	copies_free(c);
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),	  cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_hostile),	  cmocka_unit_test(test_hostile_links),
		cmocka_unit_test(test_full_disk),
	};

	nobody.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	return cmocka_run_group_tests_name("copies-hostile", tests, NULL, NULL);
}
