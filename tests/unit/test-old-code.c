// SPDX-License-Identifier: GPL-2.0-or-later
/* What a look says of services and a kernel that are older than what is installed. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent/posture/findings.h"
#include "agent/posture/kernel.h"
#include "agent/posture/patches.h"
#include "agent/posture/posture.h"
#include "agent/posture/running.h"
#include "tests/unit/root.h"
#include "tests/unit/runhost.h"
#include "tests/unit/test.h"

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
	root_text(&s->r, "var/lib/dpkg/status", status);
	root_text(&s->r, "etc/os-release",
		  "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n");
	root_text(&s->r, SUITE "InRelease",
		  "Label: Debian-Security\nSuite: stable-security\nCodename: bookworm-security\n"
		  "Date: Sat, 21 Nov 2026 06:00:00 UTC\n");
	root_text(&s->r, SUITE "main_binary-amd64_Packages",
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
	/* So is what found no room: it may be of a package, too. */
	s.running.more = 2;
	assert_int_equal(subject_look(&s), GRADE_UNKNOWN);
	assert_non_null(strstr(s.f.what, "2 old files"));
	s.running.more = 0;
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
	root_text(&s.r, "sys/kernel/livepatch/kpatch_7/enabled", "1\n");
	root_text(&s.r, "run/reboot-required", "*** System restart required ***\n");
	root_text(&s.r, "run/reboot-required.pkgs",
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
		cmocka_unit_test(a_look_without_the_witness_is_unknown),
		cmocka_unit_test(a_service_with_old_code_fails_by_name),
		cmocka_unit_test(an_older_kernel_and_a_wish_for_a_reboot_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
