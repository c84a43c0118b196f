// SPDX-License-Identifier: GPL-2.0-or-later
/* Copies of configuration: taken whole, and put back. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

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
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_asides),
	};

	nobody.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	return cmocka_run_group_tests_name("copies", tests, NULL, NULL);
}
