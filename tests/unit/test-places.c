// SPDX-License-Identifier: GPL-2.0-or-later
/* Which files and folders each look has watched, so that it hears at once when they change. */
#include <string.h>

#include "agent/base/count.h"
#include "agent/posture/places.h"
#include "tests/unit/test.h"

#define PLACES_MAX 100

struct heard {
	size_t n;
	struct {
		char path[200];
		bool deep;
	} rows[PLACES_MAX];
};

static int note(void *ctx, const char *path, bool deep)
{
	struct heard *h = ctx;

	assert_true(h->n < PLACES_MAX && strlen(path) < sizeof(h->rows[0].path));
	strcpy(h->rows[h->n].path, path);
	h->rows[h->n++].deep = deep;
	return 0;
}

/* How often; and so deep at least. */
static size_t count_of(const struct heard *h, const char *path, bool deep)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n; i++)
		n += !strcmp(h->rows[i].path, path) && h->rows[i].deep >= deep;
	return n;
}

static const struct row {
	const char *path;
	bool deep; /* with the folders in it */
} antivirus[] = {
	{ "usr/sbin/clamd", false },
	{ "usr/bin/freshclam", false },
	{ "usr/sbin/clamonacc", false },
	{ "var/lib/clamav/daily.cvd", false },
	{ "var/lib/clamav/daily.cld", false },
	{ "var/lib/clamav/main.cvd", false },
	{ "var/lib/clamav/main.cld", false },
	{ "run/clamav/clamd.ctl", false },
	{ "etc/clamav/clamd.conf", false },
	{ "etc/clamav/freshclam.conf", false },
	/* With drop-ins, and links that enable. */
	{ "etc/systemd/system", true },
	{ "etc/systemd/system.control", true },
	{ "run/systemd/system", true },
	{ "run/systemd/system.control", true },
	{ "run/systemd/generator", true },
	{ "run/systemd/generator.early", true },
	{ "run/systemd/generator.late", true },
	{ "usr/local/lib/systemd/system", true },
	{ "usr/lib/systemd/system", true },
	{ "lib/systemd/system", true },
	/* Frozen, or without a process. */
	{ "sys/fs/cgroup/system.slice/clamav-daemon.service/cgroup.events", false },
	{ "sys/fs/cgroup/lazaret.slice/clamav-freshclam.service/cgroup.events", false },
	{ "sys/fs/cgroup/unified/system.slice/clamav-daemon.service/cgroup.events", false },
}, firewall[] = {
	{ "etc/ufw/ufw.conf", false },
	{ "etc/nftables.conf", false },
	{ "etc/firewalld", true },
	{ "etc/systemd/system/multi-user.target.wants", false },
	{ "etc/systemd/system/sysinit.target.wants", false },
}, patches[] = {
	{ "var/lib/dpkg/status", false },
	{ "var/lib/dpkg/updates", false },
	{ "var/lib/apt/lists", false },
	{ "etc/apt", true },
	{ "etc/os-release", false },
	{ "lib/apk/db/installed", false },
	{ "var/lib/rpm/rpmdb.sqlite", false },
	{ "usr/lib/sysimage/rpm/rpmdb.sqlite", false },
	{ "run/reboot-required", false },
#ifdef CONFIG_POSTURE_RPM
	{ "etc/yum.repos.d", false },
	{ "etc/dnf", true },
	{ "etc/zypp", true },
	{ "var/cache/dnf", true },
	{ "var/cache/libdnf5", true },
	{ "var/cache/zypp/raw", true },
#endif
};

static void check(const struct requirement *req, const struct row *rows, size_t n, struct heard *h)
{
	*h = (struct heard){ 0 };
	assert_int_equal(places_of(req, note, h), 0);
	for (size_t i = 0; i < n; i++)
		if (count_of(h, rows[i].path, rows[i].deep) != 1)
			fail_msg("%s: %zu", rows[i].path, count_of(h, rows[i].path, rows[i].deep));
}

static void test_places(void **state)
{
	const struct requirement av = { .check = CHECK_ANTIVIRUS,
					.with.antivirus.provider = &provider_clamav },
				 fw = { .check = CHECK_FIREWALL }, up = { .check = CHECK_PATCHES };
	struct heard h;

	(void)state;
	check(&fw, firewall, COUNT(firewall), &h);
	check(&up, patches, COUNT(patches), &h);
	check(&av, antivirus, COUNT(antivirus), &h);
	/* What runs for a moment has its unit there: it would wake us all day. */
	assert_int_equal(count_of(&h, "run/systemd/transient", false), 0);
	/* Nor is the root itself: units without a program have an empty one. */
	assert_int_equal(count_of(&h, "", false), 0);
}

static int stop_at_third(void *ctx, const char *path, bool deep)
{
	int *left = ctx;

	(void)path, (void)deep;
	return --*left ? 0 : -7;
}

/* Whoever has enough is called no more. */
static void test_ends(void **state)
{
	(void)state;
	for (enum check c = 0; c < CHECK_COUNT; c++) {
		const struct requirement req = {
			.check = c,
			.with.antivirus.provider = c == CHECK_ANTIVIRUS ? &provider_clamav : NULL
		};
		int left = 3;

		assert_int_equal(places_of(&req, stop_at_third, &left), -7);
		assert_int_equal(left, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests_name("places", tests, NULL, NULL);
}
