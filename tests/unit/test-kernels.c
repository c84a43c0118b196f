// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether the kernel that runs is the newest that is installed. */
#include <string.h>
#include <sys/utsname.h>

#include "agent/base/count.h"
#include "agent/posture/kernel.h"
#include "agent/posture/posture.h"
#include "agent/posture/running.h"
#include "tests/unit/root.h"
#include "tests/unit/runhost.h"
#include "tests/unit/test.h"

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
	for (size_t i = 0; i < COUNT(kernels); i++) {
		const struct kernel_row *row = &kernels[i];
		struct inventory *inv = NULL;
		struct fault fault = { 0 };
		struct kernel k;
		struct root r;

		assert_int_equal(root_open(&r), 0);
		if (row->apk)
			root_text(&r, "lib/apk/db/installed", row->apk);
		else
			root_text(&r, "var/lib/dpkg/status", row->status);
		assert_int_equal(inventory_read(r.fd, &inv, &fault), 0);
		kernel_look(r.fd, row->release, row->build, inv, &k);
		if (k.state != row->state || strcmp(k.package, row->package) ||
		    (row->running && strcmp(k.running, row->running)))
			fail_msg("row %zu: %d, %s, %s", i, k.state, k.package, k.running);
		root_text(&r, "run/systemd/container", "lxc\n");
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
	for (size_t i = 0; i < COUNT(rows); i++) {
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernels_are_told_apart),
		cmocka_unit_test(rpm_names_kernels_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
