// SPDX-License-Identifier: GPL-2.0-or-later
/* Copies of configuration: taken whole, and put back. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "agent/base/count.h"
#include "agent/remedy/asides.h"
#include "agent/remedy/copies.h"
#include "tests/unit/copied.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

static void test_round(void **state)
{
	struct root r;
	struct copies *c;
	struct stat st;
	size_t len;
	char *text;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	put_ufw(&r);
	assert_int_equal(fchmodat(r.fd, "etc/ufw/user.rules", 0640, 0), 0);
	c = copied(&r, &text, &len);
	assert_int_equal(c->n, 6);
	assert_string_equal(c->rows[0].path, "etc/default/ufw");
	assert_false(copies_gone(c, FRONT_UFW, r.fd));
	assert_int_equal(put_back(c, FRONT_UFW, &r, true), 0);

	root_rm(&r, "etc/ufw");
	assert_true(copies_gone(c, FRONT_UFW, r.fd));
	assert_false(copies_gone(c, FRONT_NFTABLES, r.fd));
	assert_int_equal(put_back(c, FRONT_UFW, &r, false), 4);
	assert_true(has(&r, "etc/ufw/user.rules", "*filter\nCOMMIT\n"));
	assert_true(has(&r, "etc/ufw/applications.d/ssh", "[ssh]\nports=22/tcp\n"));
	assert_true(has(&r, "etc/ufw/empty", ""));
	assert_int_equal(fstatat(r.fd, "etc/ufw/user.rules", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_false(copies_gone(c, FRONT_UFW, r.fd));
	copies_free(c);
	free(text);
	root_close(&r);
}

/* What is there is left as it is, unless all is to be as it was. */
static void test_changed(void **state)
{
	struct root r;
	struct copies *c;
	size_t len;
	char *text;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	put_ufw(&r);
	c = copied(&r, &text, &len);
	root_text(&r, "etc/ufw/user.rules", "-A ufw-user-input -j ACCEPT\n");
	root_text(&r, "etc/ufw/before.init", "#!/bin/sh\n");
	root_text(&r, "etc/ufw/more.d/one", "x\n");
	root_text(&r, "etc/nftables.conf", "other\n");
	root_text(&r, "etc/ufw/ufw.conf", "");
	assert_true(copies_gone(c, FRONT_UFW, r.fd));
	assert_int_equal(put_back(c, FRONT_UFW, &r, false), 1);
	assert_true(has(&r, "etc/ufw/ufw.conf", "ENABLED=yes\n"));
	assert_true(has(&r, "etc/ufw/user.rules", "-A ufw-user-input -j ACCEPT\n"));
	assert_int_equal(put_back(c, FRONT_UFW, &r, true), 3);
	assert_true(has(&r, "etc/ufw/user.rules", "*filter\nCOMMIT\n"));
	assert_true(has(&r, "etc/ufw/.user.rules.set-aside", "-A ufw-user-input -j ACCEPT\n"));
	assert_true(has(&r, "etc/ufw/.before.init.set-aside", "#!/bin/sh\n"));
	assert_true(has(&r, "etc/ufw/.more.d.set-aside/one", "x\n"));
	assert_false(has(&r, "etc/ufw/before.init", "#!/bin/sh\n"));
	assert_true(has(&r, "etc/nftables.conf", "other\n"));
	assert_int_equal(put_back(c, FRONT_UFW, &r, true), 0);
	root_text(&r, "etc/ufw/more.d/two", "y\n");
	assert_int_equal(put_back(c, FRONT_UFW, &r, true), 1);
	assert_true(has(&r, "etc/ufw/.more.d.set-aside.2/two", "y\n"));
	/* Each that somebody wrote stays beside it, under a name of its own. */
	root_text(&r, "etc/ufw/user.rules", "another\n");
	assert_int_equal(unlinkat(r.fd, "etc/default/ufw", 0), 0);
	assert_int_equal(symlinkat("../ufw/ufw.conf", r.fd, "etc/default/ufw"), 0);
	assert_int_equal(put_back(c, FRONT_UFW, &r, true), 2);
	assert_true(has(&r, "etc/ufw/.user.rules.set-aside", "-A ufw-user-input -j ACCEPT\n"));
	assert_true(has(&r, "etc/ufw/.user.rules.set-aside.2", "another\n"));
	assert_true(leads(&r, "etc/default/.ufw.set-aside", "../ufw/ufw.conf"));
	copies_free(c);
	free(text);
	root_close(&r);
}

#define V4	"etc/ufw/user.rules"
#define V6	"etc/ufw/user6.rules"
#define BEFORE	"etc/ufw/before.rules"
#define SHIPPED "*filter\n:ufw-user-input - [0:0]\n### RULES ###\nCOMMIT\n"
#define SSH	"### RULES ###\n### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\nCOMMIT\n"
#define SSH6	"### RULES ###\n-A ufw6-user-input -p tcp --dport 22 -j ACCEPT\nCOMMIT\n"

/* A file of rules that has none is as good as gone; one that has others is somebody's wish. */
static void test_reset(void **state)
{
	static const struct {
		const char *v4, *v6; /* when good */
		const char *now4, *now6;
		bool gone, reset;
		int back; /* with before.rules, which is another one */
	} rows[] = {
		{ SSH, SSH6, SHIPPED, SHIPPED, true, true, 3 },
		{ SSH, SHIPPED, SHIPPED, SHIPPED, true, true, 2 },
		{ SHIPPED, SSH6, SHIPPED, SHIPPED, true, true, 2 },
		{ SSH, SSH6, SSH, SHIPPED, true, false, 1 },
		{ SSH, SSH6, "", SHIPPED, true, true, 3 },
		{ SSH, SSH6, SSH "#\n", SSH6 "#\n", false, false, 0 },
		{ SSH, SSH6, SSH6, SSH, false, false, 0 },
		/* When it was good there was none, either. */
		{ SHIPPED, SHIPPED, "#\n", "#\n", false, false, 0 },
		{ SHIPPED, SHIPPED, SSH, SSH6, false, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct root r;
		struct copies *c;
		size_t len;
		char *text;

		assert_int_equal(root_open(&r), 0);
		put_ufw(&r);
		root_text(&r, V4, rows[i].v4);
		root_text(&r, V6, rows[i].v6);
		root_text(&r, BEFORE, "mine\n");
		c = copied(&r, &text, &len);
		root_text(&r, V4, rows[i].now4);
		root_text(&r, V6, rows[i].now6);
		root_text(&r, BEFORE, "the package's\n");
		assert_int_equal(copies_gone(c, FRONT_UFW, r.fd), rows[i].gone);
		assert_int_equal(copies_reset(c, r.fd), rows[i].reset);
		assert_int_equal(put_back(c, FRONT_UFW, &r, false), rows[i].back);
		assert_true(has(&r, BEFORE, rows[i].reset ? "mine\n" : "the package's\n"));
		assert_true(has(&r, V4, rows[i].gone ? rows[i].v4 : rows[i].now4));
		assert_true(has(&r, V6, rows[i].gone ? rows[i].v6 : rows[i].now6));
		assert_false(copies_gone(c, FRONT_UFW, r.fd));
		copies_free(c);
		free(text);
		root_close(&r);
	}
}

/* Whoever comes by what is in them does without none. */
static void test_folders(void **state)
{
	static const struct {
		const char *path;
		enum front of;
		bool gone;
	} rows[] = {
		{ "etc/firewalld/zones/public.xml", FRONT_FIREWALLD, true },
		{ "etc/firewalld/services/deep/own.xml", FRONT_FIREWALLD, true },
		{ "etc/nftables.d/ssh.nft", FRONT_NFTABLES, true },
		{ "etc/nftables/main.nft", FRONT_NFTABLES, true },
		{ "etc/ufw/applications.d/own", FRONT_UFW, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct root r;
		struct copies *c;
		size_t len;
		char *text;

		assert_int_equal(root_open(&r), 0);
		root_text(&r, "etc/firewalld/firewalld.conf", "DefaultZone=public\n");
		root_text(&r, rows[i].path, "of the good one\n");
		c = copied(&r, &text, &len);
		assert_false(copies_gone(c, rows[i].of, r.fd));
		root_text(&r, rows[i].path, "changed since\n");
		assert_false(copies_gone(c, rows[i].of, r.fd));
		root_rm(&r, rows[i].path);
		assert_int_equal(copies_gone(c, rows[i].of, r.fd), rows[i].gone);
		assert_int_equal(put_back(c, rows[i].of, &r, false), 1);
		assert_true(has(&r, rows[i].path, "of the good one\n"));
		copies_free(c);
		free(text);
		root_close(&r);
	}
}

/* As Fedora's workstations have it: a link, and folders with nothing in them. */
static void test_whole(void **state)
{
	const char *const conf = "etc/firewalld/firewalld.conf";
	struct root r;
	struct copies *c;
	size_t len;
	char *text;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	root_text(&r, "etc/firewalld/firewalld-workstation.conf", "DefaultZone=public\n");
	root_text(&r, "etc/firewalld/firewalld-server.conf", "DefaultZone=trusted\n");
	root_text(&r, "etc/firewalld/zones/public.xml", "<zone/>\n");
	root_text(&r, "etc/firewalld/helpers/.placeholder", "");
	assert_int_equal(mkdirat(r.fd, "etc/firewalld/services", 0755), 0);
	assert_int_equal(symlinkat("firewalld-workstation.conf", r.fd, conf), 0);
	c = copied(&r, &text, &len);
	assert_int_equal(c->n, 4);
	assert_false(copies_gone(c, FRONT_FIREWALLD, r.fd));
	assert_int_equal(put_back(c, FRONT_FIREWALLD, &r, true), 0);
	assert_true(leads(&r, conf, "firewalld-workstation.conf"));
	assert_int_equal(faccessat(r.fd, "etc/firewalld/services", F_OK, 0), 0);
	assert_int_equal(faccessat(r.fd, "etc/firewalld/helpers", F_OK, 0), 0);

	/* Led elsewhere, or made a file: somebody may want it so, unless the firewall is not good.
	 */
	assert_int_equal(unlinkat(r.fd, conf, 0), 0);
	assert_int_equal(symlinkat("firewalld-server.conf", r.fd, conf), 0);
	root_text(&r, "etc/firewalld/services/deep/er/all.xml", "<service/>\n");
	assert_int_equal(put_back(c, FRONT_FIREWALLD, &r, false), 0);
	assert_int_equal(put_back(c, FRONT_FIREWALLD, &r, true), 2);
	assert_true(leads(&r, conf, "firewalld-workstation.conf"));
	assert_true(leads(&r, "etc/firewalld/.firewalld.conf.set-aside", "firewalld-server.conf"));
	assert_true(has(&r, "etc/firewalld/.services.set-aside/deep/er/all.xml", "<service/>\n"));
	assert_int_equal(unlinkat(r.fd, conf, 0), 0);
	assert_true(copies_gone(c, FRONT_FIREWALLD, r.fd));
	root_text(&r, conf, "DefaultZone=trusted\n");
	assert_false(copies_gone(c, FRONT_FIREWALLD, r.fd));
	assert_int_equal(put_back(c, FRONT_FIREWALLD, &r, true), 1);
	assert_true(leads(&r, conf, "firewalld-workstation.conf"));
	assert_true(has(&r, "etc/firewalld/.firewalld.conf.set-aside.2", "DefaultZone=trusted\n"));
	copies_free(c);
	free(text);
	root_close(&r);
}

/* One run puts back what it set aside, and nothing that another one did. */
static void test_asides(void **state)
{
	struct asides a = { 0 };
	char path[PATH_MAX];
	struct root r;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	root_text(&r, "etc/x.conf", "mine\n");
	root_text(&r, "etc/.x.conf.set-aside", "of another run\n");
	snprintf(path, sizeof(path), "%s/etc/x.conf", r.path);
	assert_int_equal(asides_add(&a, path, &nobody), 1);
	assert_int_equal(asides_add(&a, path, &nobody), 0);
	assert_true(has(&r, "etc/.x.conf.set-aside.2", "mine\n"));
	root_text(&r, "etc/x.conf", "the package's\n");
	asides_put_back(&a, &nobody);
	assert_true(has(&r, "etc/x.conf", "mine\n"));
	assert_true(has(&r, "etc/.x.conf.set-aside", "of another run\n"));
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round), cmocka_unit_test(test_changed),
		cmocka_unit_test(test_reset), cmocka_unit_test(test_folders),
		cmocka_unit_test(test_whole), cmocka_unit_test(test_asides),
	};

	nobody.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	return cmocka_run_group_tests_name("copies", tests, NULL, NULL);
}
