// SPDX-License-Identifier: GPL-2.0-or-later
/* What runs and is older than what is installed, in a /proc and a package database of the test. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent/posture/findings.h"
#include "agent/posture/kernel.h"
#include "agent/posture/maps.h"
#include "agent/posture/patches.h"
#include "agent/posture/posture.h"
#include "agent/posture/running.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

#define LIB	      "/usr/lib/x86_64-linux-gnu/"
#define CODE(path)    "7f0000000000-7f0000001000 r-xp 00001000 fe:01 1234    " path "\n"
#define DATA(path)    "7f0000001000-7f0000002000 rw-p 00002000 fe:01 1234    " path "\n"
#define SERVICE(name) "0::/system.slice/" name ".service\n"

#define PACKAGE(name, version)                                                                    \
	"Package: " name "\nStatus: install ok installed\nArchitecture: amd64\nVersion: " version \
	"\n\n"

/* --- maps --------------------------------------------------------------------------------- */

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
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
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
	/* What has no end is no maps. */
	memset(text, 'x', len);
	assert_int_equal(root_put(&root, "maps", text, len), 0);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(maps_read(fd, len, note, said), -EFBIG);
	root_close(&root);
}

/* --- units -------------------------------------------------------------------------------- */

static void the_unit_is_the_system_managers(void **state)
{
	static const struct {
		const char *cgroup, *unit;
	} rows[] = {
		{ SERVICE("nginx"), "nginx.service" },
		{ "0::/init.scope\n", "init.scope" },
		{ "0::/system.slice/system-getty.slice/getty@tty1.service\n",
		  "getty@tty1.service" },
		{ "0::/system.slice/docker.service/deep/other.service\n", "docker.service" },
		{ "0::/user.slice/user-0.slice/user@0.service/app.slice/x.service\n",
		  "user@0.service" },
		{ "0::/user.slice/user-0.slice/session-3.scope\n", "session-3.scope" },
		{ "4:memory:/x.service\n1:name=systemd:/system.slice/b.service\n", "b.service" },
		{ "1:name=systemd:/system.slice/b.service/c\n0::/\n", "b.service" },
		{ "0::/\n", "-" },
		{ "", "-" },
		{ "0::/system.slice/.service\n", "-" },
		{ "0::/system.slice/-q.service\n", "-" },
		{ "0::/system.slice/a b.service\n", "-" },
		{ "0::/system.slice/a;b.service\n", "-" },
	};
	char unit[RUNNING_UNIT], text[300];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		running_unit(rows[i].cgroup, unit);
		assert_string_equal(unit, rows[i].unit);
	}
	snprintf(text, sizeof(text), "0::/%0120d.service\n", 7);
	running_unit(text, unit);
	assert_string_equal(unit, "-");
}

static void what_was_said_is_heard(void **state)
{
	struct running said = { .unread = 1, .contained = 2, .more = 3 }, heard = { 0 };
	struct running_row row = { "a.service", "libssl3", LIB "libssl.so.3", 4 };
	char line[RUNNING_LINE];

	(void)state;
	running_say(&said, &row, line);
	assert_true(running_hear(&heard, line));
	assert_false(heard.whole);
	running_say(&said, NULL, line);
	assert_true(running_hear(&heard, line));
	assert_true(heard.whole);
	assert_int_equal(heard.n, 1);
	assert_string_equal(heard.rows[0].unit, row.unit);
	assert_string_equal(heard.rows[0].package, row.package);
	assert_string_equal(heard.rows[0].path, row.path);
	assert_int_equal(heard.rows[0].processes, 4);
	assert_int_equal(heard.contained, 2);
	assert_false(running_hear(&heard, "watches clamav 3"));
	assert_false(running_hear(&heard, "runs a.service"));
	for (int i = 0; i < RUNNING_ROWS; i++)
		running_hear(&heard, "runs a.service b 1 /c");
	assert_int_equal(heard.n, RUNNING_ROWS);
	assert_int_equal(heard.more, 4);
}

/* --- a host ------------------------------------------------------------------------------- */

static void put(const struct root *r, const char *name, const char *text)
{
	assert_int_equal(root_put(r, name, text, strlen(text)), 0);
}

/* mounts: its mount namespace; at: its root */
static void put_process(const struct root *r, int pid, const char *maps, const char *cgroup,
			const char *mounts, const char *at)
{
	char path[64];

	snprintf(path, sizeof(path), "proc/%d/maps", pid);
	put(r, path, maps);
	snprintf(path, sizeof(path), "proc/%d/cgroup", pid);
	put(r, path, cgroup);
	snprintf(path, sizeof(path), "proc/%d/ns/x", pid);
	put(r, path, "");
	snprintf(path, sizeof(path), "proc/%d/ns/mnt", pid);
	assert_int_equal(symlinkat(mounts, r->fd, path), 0);
	snprintf(path, sizeof(path), "proc/%d/root", pid);
	assert_int_equal(symlinkat(at, r->fd, path), 0);
}

#define HOST "mnt:[1]", "/"
#define STATUS                         \
	PACKAGE("libssl3", "3.0.15-1") \
	PACKAGE("libc6", "2.36-9") PACKAGE("nginx", "1.22") PACKAGE("libgnutls30", "3.7.9-2")

static int open_host(struct root *r)
{
	if (root_open(r))
		return -1;
	put(r, "var/lib/dpkg/status", STATUS);
	put(r, "var/lib/dpkg/info/libssl3:amd64.list", "/.\n/usr\n" LIB "libssl.so.3\n");
	put(r, "var/lib/dpkg/info/libc6:amd64.list", "/lib/x86_64-linux-gnu/libc.so.6\n");
	put(r, "var/lib/dpkg/info/nginx.list", "/usr/sbin/nginx");
	put(r, "var/lib/dpkg/info/libgnutls30:amd64.list", LIB "libgnutls.so.30.34.4\n");
	put(r, "var/lib/dpkg/info/format", "1\n");
	put_process(r, 1, CODE("/usr/lib/systemd/systemd"), "0::/init.scope\n", HOST);
	return 0;
}

static const struct running_row *row_of(const struct running *r, const char *unit)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->rows[i].unit, unit))
			return &r->rows[i];
	return NULL;
}

static void services_with_replaced_code_are_found(void **state)
{
	struct root r;
	struct running seen;
	const struct running_row *row;

	(void)state;
	assert_int_equal(open_host(&r), 0);
	put(&r, "proc/version", "not a process");
	put_process(&r, 10, CODE(LIB "libssl.so.3 (deleted)") DATA(LIB "libssl.so.3 (deleted)"),
		    SERVICE("nginx"), HOST);
	put_process(&r, 11, CODE(LIB "libssl.so.3 (deleted)"), SERVICE("nginx"), HOST);
	/* /usr is merged: dpkg says /lib. */
	put_process(&r, 12, CODE(LIB "libc.so.6 (deleted)"), SERVICE("ssh"), "mnt:[77]", "/");
	/* The update brought the library under another name. */
	put_process(&r, 13, CODE(LIB "libgnutls.so.30.34.3 (deleted)"), SERVICE("exim"), "mnt:[1]",
		    "/var");
	/* Of no package. */
	put_process(&r, 14, CODE("/opt/x/y (deleted)") CODE(LIB "libtoy.so.1 (deleted)"),
		    SERVICE("toy"), HOST);
	/* Containers have mounts and a root of their own; they are counted. */
	put_process(&r, 15, CODE(LIB "libssl.so.3 (deleted)"), "0::/machine.slice/m.scope\n",
		    "mnt:[9]", "/var");
	put_process(&r, 16, CODE(LIB "libssl.so.3 (deleted)"), "0::/\n", HOST);
	assert_int_equal(running_look(r.fd, &seen), 0);
	assert_true(seen.whole);
	assert_int_equal(seen.n, 4);
	assert_int_equal(seen.contained, 1);
	assert_int_equal(seen.unread, 0);
	row = row_of(&seen, "nginx.service");
	assert_non_null(row);
	assert_string_equal(row->package, "libssl3");
	assert_int_equal(row->processes, 2);
	assert_string_equal(row_of(&seen, "ssh.service")->package, "libc6");
	assert_string_equal(row_of(&seen, "exim.service")->package, "libgnutls30");
	assert_non_null(row_of(&seen, "-"));
	root_close(&r);
}

/* mkdir in place of a file: opening it works, reading it does not, also for root. */
static void what_cannot_be_read_is_not_known(void **state)
{
	struct root r;
	struct running seen;

	(void)state;
	assert_int_equal(open_host(&r), 0);
	put(&r, "proc/20/maps/x", "");
	put(&r, "proc/21/cgroup", "gone meanwhile");
	assert_int_equal(running_look(r.fd, &seen), 0);
	assert_int_equal(seen.unread, 1);
	assert_int_equal(seen.n, 0);
	root_close(&r);
}

static void without_a_proc_nothing_is_known(void **state)
{
	struct root r;
	struct running seen = { .n = 7 };

	(void)state;
	assert_int_equal(root_open(&r), 0);
	assert_int_equal(running_look(r.fd, &seen), -ENOENT);
	assert_int_equal(seen.n, 7);
	root_close(&r);
}

static void many_units_and_files_are_bounded(void **state)
{
	struct root r;
	struct running seen;
	char maps[200], unit[100];

	(void)state;
	assert_int_equal(open_host(&r), 0);
	for (int i = 0; i < RUNNING_ROWS + 10; i++) {
		snprintf(maps, sizeof(maps), CODE(LIB "libssl.so.3.%d (deleted)"), i);
		snprintf(unit, sizeof(unit), SERVICE("u%d"), i);
		put_process(&r, 100 + i, maps, unit, HOST);
	}
	assert_int_equal(running_look(r.fd, &seen), 0);
	assert_int_equal(seen.n, RUNNING_ROWS);
	assert_int_equal(seen.more, 10);
	root_close(&r);
}

static void apk_says_whose_a_file_is(void **state)
{
	struct root r;
	struct owner list[] = { { "/usr/lib/libssl.so.3", "" }, { "/usr/lib/libtoy.so", "" } };

	(void)state;
	assert_int_equal(root_open(&r), 0);
	assert_int_equal(owners_find(r.fd, list, 2), -ENOENT);
	put(&r, "lib/apk/db/installed",
	    "P:musl\nV:1\nF:lib\nR:libc.so\n\nP:libssl3\nV:3\nF:usr\nF:usr/lib\nR:libssl.so.3\n\n");
	assert_int_equal(owners_find(r.fd, list, 2), 0);
	assert_string_equal(list[0].package, "libssl3");
	assert_string_equal(list[1].package, "");
	root_close(&r);
}

/* --- the kernel --------------------------------------------------------------------------- */

#define DEBIAN_BUILD(v) "#1 SMP PREEMPT_DYNAMIC Debian " v " (2026-11-02)"
#define IMAGE(rel, v)	PACKAGE("linux-image-" rel, v)

/* clang-format off */
static const struct kernel_row {
	const char *release, *build, *status, *apk;
	enum kernel_state state;
	const char *package, *running;
} kernels[] = {
	{ "6.1.0-28-amd64", DEBIAN_BUILD("6.1.119-1"), IMAGE("6.1.0-28-amd64", "6.1.119-1"), NULL,
	  KERNEL_CURRENT, "linux-image-6.1.0-28-amd64", NULL },
	{ "6.1.0-28-amd64", DEBIAN_BUILD("6.1.119-1"),
	  IMAGE("6.1.0-31-amd64", "6.1.128-1") IMAGE("6.1.0-28-amd64", "6.1.119-1"), NULL,
	  KERNEL_OLD, "linux-image-6.1.0-31-amd64", "6.1.0-28-amd64" },
	/* 9 is older than 28. */
	{ "6.1.0-28-amd64", DEBIAN_BUILD("6.1.119-1"),
	  IMAGE("6.1.0-9-amd64", "6.1.27-1") IMAGE("6.1.0-28-amd64", "6.1.119-1"), NULL,
	  KERNEL_CURRENT, "linux-image-6.1.0-28-amd64", NULL },
	/* The same release, built again. */
	{ "6.1.0-28-amd64", DEBIAN_BUILD("6.1.119-1"), IMAGE("6.1.0-28-amd64", "6.1.124-1"), NULL,
	  KERNEL_OLD, "linux-image-6.1.0-28-amd64", "6.1.119-1" },
	/* Another flavour, a debugging package and a metapackage say nothing. */
	{ "6.1.0-28-amd64", DEBIAN_BUILD("6.1.119-1"),
	  IMAGE("6.1.0-28-amd64", "6.1.119-1") IMAGE("6.1.0-31-cloud-amd64", "6.1.128-1")
	  IMAGE("6.1.0-31-amd64-dbg", "6.1.128-1") IMAGE("amd64", "6.1.128-1"), NULL,
	  KERNEL_CURRENT, "linux-image-6.1.0-28-amd64", NULL },
	{ "6.12.38+deb13-cloud-amd64", DEBIAN_BUILD("6.12.38-1"),
	  IMAGE("6.12.38+deb13-cloud-amd64", "6.12.38-1") IMAGE("6.12.41+deb13-cloud-amd64", "6.12.41-1"),
	  NULL, KERNEL_OLD, "linux-image-6.12.41+deb13-cloud-amd64", NULL },
	/* The running one was removed; built by hand; newer than all that is installed. */
	{ "6.1.0-28-amd64", DEBIAN_BUILD("6.1.119-1"), IMAGE("6.1.0-31-amd64", "6.1.128-1"), NULL,
	  KERNEL_OLD, "linux-image-6.1.0-31-amd64", NULL },
	{ "6.17.2-mine", "#5 SMP", IMAGE("6.1.0-31-amd64", "6.1.128-1"), NULL, KERNEL_NONE, "", NULL },
	{ "6.17.2-1-amd64", "#5 SMP", IMAGE("6.1.0-31-amd64", "6.1.128-1"), NULL, KERNEL_NONE, "", NULL },
	{ "6.1.0-28-amd64", "", PACKAGE("nginx", "1"), NULL, KERNEL_NONE, "", NULL },
	/* Ubuntu. */
	{ "5.15.0-51-generic", "#57~22.04.1-Ubuntu SMP", IMAGE("5.15.0-51-generic", "5.15.0-51.57~22.04.1"),
	  NULL, KERNEL_CURRENT, "linux-image-5.15.0-51-generic", NULL },
	{ "5.15.0-51-generic", "#57-Ubuntu SMP", IMAGE("5.15.0-51-generic", "5.15.0-51.58"), NULL,
	  KERNEL_OLD, "linux-image-5.15.0-51-generic", "57" },
	{ "5.15.0-51-generic", "#57-Ubuntu SMP",
	  IMAGE("unsigned-5.15.0-125-generic", "5.15.0-125.135") IMAGE("5.15.0-51-generic", "5.15.0-51.57"),
	  NULL, KERNEL_OLD, "linux-image-unsigned-5.15.0-125-generic", NULL },
	/* Alpine. */
	{ "6.6.58-0-lts", "#1-Alpine SMP", NULL, "P:linux-lts\nV:6.6.58-r0\n\n", KERNEL_CURRENT, "linux-lts", NULL },
	{ "6.6.58-0-lts", "#1-Alpine SMP", NULL, "P:linux-lts\nV:6.6.60-r1\n\n", KERNEL_OLD, "linux-lts", NULL },
	{ "6.6.58-0-virt", "#1-Alpine SMP", NULL, "P:linux-lts\nV:6.6.60-r1\n\n", KERNEL_NONE, "", NULL },
};
/* clang-format on */

static void kernels_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kernels) / sizeof(*kernels); i++) {
		const struct kernel_row *row = &kernels[i];
		struct inventory *inv = NULL;
		struct fault fault = { 0 };
		struct kernel k;
		struct root r;

		assert_int_equal(root_open(&r), 0);
		if (row->apk)
			put(&r, "lib/apk/db/installed", row->apk);
		else
			put(&r, "var/lib/dpkg/status", row->status);
		assert_int_equal(inventory_read(r.fd, &inv, &fault), 0);
		kernel_look(r.fd, row->release, row->build, inv, &k);
		if (k.state != row->state || strcmp(k.package, row->package) ||
		    (row->running && strcmp(k.running, row->running)))
			fail_msg("row %zu: %d, %s, %s", i, k.state, k.package, k.running);
		put(&r, "run/systemd/container", "lxc\n");
		kernel_look(r.fd, row->release, row->build, inv, &k);
		assert_int_equal(k.state, KERNEL_NONE);
		inventory_free(inv);
		root_close(&r);
	}
}

static void rpm_names_kernels_otherwise(void **state)
{
	static const struct {
		const char *name, *version, *arch, *release;
		enum kernel_state state;
	} rows[] = {
		{ "kernel-core", "5.14.0-427.13.1.el9_4", "x86_64", "5.14.0-427.13.1.el9_4.x86_64",
		  KERNEL_CURRENT },
		{ "kernel-core", "5.14.0-427.16.1.el9_4", "x86_64", "5.14.0-427.13.1.el9_4.x86_64",
		  KERNEL_OLD },
		{ "kernel-uek", "5:5.15.0-10.el9uek", "x86_64", "5.15.0-10.el9uek.x86_64",
		  KERNEL_CURRENT },
		{ "kernel-default", "6.4.0-150600.23.17.1", "x86_64", "6.4.0-150600.23.17-default",
		  KERNEL_CURRENT },
		{ "kernel-default", "6.4.0-150600.23.22.1", "x86_64", "6.4.0-150600.23.17-default",
		  KERNEL_OLD },
		{ "kernel-headers", "6.4.0-150600.23.22.1", "x86_64", "6.4.0-150600.23.17-default",
		  KERNEL_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct package p = {
			.name = { rows[i].name, strlen(rows[i].name) },
			.version = { rows[i].version, strlen(rows[i].version) },
			.arch = { rows[i].arch, strlen(rows[i].arch) },
		};
		struct inventory *inv;
		struct kernel k;
		struct root r;

		assert_int_equal(root_open(&r), 0);
		assert_int_equal(inventory_new(MANAGER_RPM, 4, &inv), 0);
		assert_int_equal(inventory_add(inv, &p), 0);
		kernel_look(r.fd, rows[i].release, "#1 SMP", inv, &k);
		if (k.state != rows[i].state)
			fail_msg("row %zu: %d", i, k.state);
		inventory_free(inv);
		root_close(&r);
	}
}

/* --- the look ----------------------------------------------------------------------------- */

struct subject {
	struct root r;
	struct utsname kernel;
	struct running running;
	struct requirement req;
	struct finding f;
	struct patches *patches;
};

#define SUITE "var/lib/apt/lists/deb.example_dists_bookworm-security_"
#define NOON  1795262400 /* Sat, 21 Nov 2026 12:00:00 UTC */

static void subject_open(struct subject *s, const char *more)
{
	char status[1000];

	*s = (struct subject){ .req = { .check = CHECK_PATCHES } };
	assert_int_equal(open_host(&s->r), 0);
	snprintf(status, sizeof(status), "%s%s", STATUS, more);
	put(&s->r, "var/lib/dpkg/status", status);
	put(&s->r, "etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n");
	put(&s->r, SUITE "InRelease",
	    "Label: Debian-Security\nSuite: stable-security\nCodename: bookworm-security\n"
	    "Date: Sat, 21 Nov 2026 06:00:00 UTC\n");
	put(&s->r, SUITE "main_binary-amd64_Packages",
	    "Package: nginx\nArchitecture: amd64\nVersion: 1.22\n\n");
	s->req.with.patches.index_max_age = 86400;
	s->req.with.patches.fails_on = PATCHES_FAIL_ON;
	strcpy(s->kernel.release, "6.1.0-28-amd64");
	strcpy(s->kernel.version, DEBIAN_BUILD("6.1.119-1"));
	s->patches = patches_new();
}

static enum grade subject_look(struct subject *s)
{
	const struct host host = { .root = s->r.fd,
				   .now = NOON,
				   .kernel = &s->kernel,
				   .running = &s->running,
				   .patches = s->patches };

	patches_forget(s->patches);
	look_patches(&s->req, &host, &s->f);
	return s->f.grade;
}

static void subject_close(struct subject *s)
{
	patches_free(s->patches);
	root_close(&s->r);
}

static void a_look_without_the_witness_is_unknown(void **state)
{
	struct subject s;

	(void)state;
	subject_open(&s, "");
	assert_int_equal(subject_look(&s), GRADE_UNKNOWN);
	assert_non_null(strstr(s.f.what, "lazaret-witness"));
	s.running.whole = true;
	s.running.unread = 3;
	assert_int_equal(subject_look(&s), GRADE_UNKNOWN);
	assert_non_null(strstr(s.f.what, "3 processes"));
	s.running.unread = 0;
	assert_int_equal(subject_look(&s), GRADE_PASS);
	/* Who does not ask for restarts need not know. */
	s.req.with.patches.fails_on = 1u << PATCH_AVAILABLE;
	s.running.whole = false;
	assert_int_equal(subject_look(&s), GRADE_PASS);
	subject_close(&s);
}

static void a_service_with_old_code_fails_by_name(void **state)
{
	struct subject s;

	(void)state;
	subject_open(&s, "");
	s.running.whole = true;
	assert_true(running_hear(&s.running, "runs nginx.service libssl3 1 /usr/lib/libssl.so.3"));
	assert_true(running_hear(&s.running, "runs ssh.service libssl3 1 /usr/lib/libssl.so.3"));
	assert_int_equal(subject_look(&s), GRADE_FAIL);
	assert_int_equal(s.f.n_items, 1);
	assert_string_equal(s.f.items[0],
			    "libssl3 3.0.15-1: nginx.service, ssh.service run what it was before");
	assert_string_equal(s.f.what, "1 update is installed and waits for a restart");
	/* A policy may leave that out: then it is only told. */
	s.req.with.patches.fails_on = 1u << PATCH_AVAILABLE;
	assert_int_equal(subject_look(&s), GRADE_PASS);
	assert_non_null(strstr(s.f.what, "1 wait for a restart"));
	subject_close(&s);
}

static void an_older_kernel_and_a_wish_for_a_reboot_fail(void **state)
{
	struct subject s;

	(void)state;
	subject_open(&s, IMAGE("6.1.0-28-amd64", "6.1.119-1") IMAGE("6.1.0-31-amd64", "6.1.128-1"));
	s.running.whole = true;
	assert_int_equal(subject_look(&s), GRADE_FAIL);
	assert_int_equal(s.f.n_items, 1);
	assert_string_equal(s.f.items[0],
			    "linux-image-6.1.0-31-amd64 6.1.128-1: the kernel that runs "
			    "is 6.1.0-28-amd64");
	put(&s.r, "sys/kernel/livepatch/kpatch_7/enabled", "1\n");
	put(&s.r, "run/reboot-required", "*** System restart required ***\n");
	put(&s.r, "run/reboot-required.pkgs",
	    "linux-image-6.1.0-31-amd64\nlibc6\nlibc6\nnot-installed\n");
	assert_int_equal(subject_look(&s), GRADE_FAIL);
	assert_int_equal(s.f.n_items, 2);
	assert_non_null(strstr(s.f.items[0], "live patch kpatch_7"));
	assert_string_equal(s.f.items[1],
			    "libc6 2.36-9: it asks for a reboot in /run/reboot-required");
	strcpy(s.kernel.release, "6.1.0-31-amd64");
	strcpy(s.kernel.version, DEBIAN_BUILD("6.1.128-1"));
	unlinkat(s.r.fd, "run/reboot-required.pkgs", 0);
	assert_int_equal(subject_look(&s), GRADE_FAIL);
	unlinkat(s.r.fd, "run/reboot-required", 0);
	assert_int_equal(subject_look(&s), GRADE_PASS);
	subject_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_replaced_code_of_packages_counts),
		cmocka_unit_test(a_line_that_is_not_whole_waits),
		cmocka_unit_test(maps_are_read_across_their_pieces),
		cmocka_unit_test(the_unit_is_the_system_managers),
		cmocka_unit_test(what_was_said_is_heard),
		cmocka_unit_test(services_with_replaced_code_are_found),
		cmocka_unit_test(what_cannot_be_read_is_not_known),
		cmocka_unit_test(without_a_proc_nothing_is_known),
		cmocka_unit_test(many_units_and_files_are_bounded),
		cmocka_unit_test(apk_says_whose_a_file_is),
		cmocka_unit_test(kernels_are_told_apart),
		cmocka_unit_test(rpm_names_kernels_otherwise),
		cmocka_unit_test(a_look_without_the_witness_is_unknown),
		cmocka_unit_test(a_service_with_old_code_fails_by_name),
		cmocka_unit_test(an_older_kernel_and_a_wish_for_a_reboot_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
