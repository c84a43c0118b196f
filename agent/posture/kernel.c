// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/posture/kernel.h"
#include "policy/version.h"

#define LIVEPATCH "sys/kernel/livepatch"

/* What is a kernel of the flavour that runs, and which release it boots as. */
struct image {
	const struct package *package;
	char release[KERNEL_TEXT_MAX];
};

static bool starts(struct word w, const char *with)
{
	size_t n = strlen(with);

	return w.len > n && !memcmp(w.p, with, n);
}

/* "6.1.0-28-cloud-amd64": "cloud-amd64" is the flavour, behind all that begins with a digit. */
static const char *flavour(const char *release)
{
	const char *at = strchr(release, '-');

	while (at && (at[1] >= '0' && at[1] <= '9'))
		at = strchr(at + 1, '-');
	return at ? at + 1 : "";
}

static bool is_debian_image(const struct package *p, const char *release, struct image *ret)
{
	static const char *const heads[] = { "linux-image-unsigned-", "linux-image-" };
	static const char unsigned_tail[] = "-unsigned";
	size_t i = 0, n;

	while (i < 2 && !starts(p->name, heads[i]))
		i++;
	if (i == 2 || p->name.p[strlen(heads[i])] < '0' || p->name.p[strlen(heads[i])] > '9')
		return false;
	n = (size_t)snprintf(ret->release, sizeof(ret->release), "%.*s",
			     (int)(p->name.len - strlen(heads[i])), p->name.p + strlen(heads[i]));
	if (n >= sizeof(ret->release))
		return false;
	if (n > strlen(unsigned_tail) &&
	    !strcmp(ret->release + n - strlen(unsigned_tail), unsigned_tail))
		ret->release[n - strlen(unsigned_tail)] = '\0';
	return !strcmp(flavour(ret->release), flavour(release));
}

/* Fedora and RHEL: "5.14.0-427.13.1.el9_4.x86_64", its epoch left out. */
static bool is_redhat_image(const struct package *p, const char *release, struct image *ret)
{
	static const char *const names[] = { "kernel-core", "kernel", "kernel-uek-core",
					     "kernel-uek", "kernel-rt-core" };
	const char *epoch = memchr(p->version.p, ':', p->version.len);
	bool is = false;

	(void)release;
	for (size_t i = 0; i < COUNT(names); i++)
		is |= word_is(p->name, names[i], strlen(names[i]));
	return is &&
	       (size_t)snprintf(ret->release, sizeof(ret->release), "%s.%s",
				epoch ? epoch + 1 : p->version.p, p->arch.p) < sizeof(ret->release);
}

/* SUSE: package kernel-default 6.4.0-150600.23.17.1 boots as "6.4.0-150600.23.17-default". */
static bool is_suse_image(const struct package *p, const char *release, struct image *ret)
{
	const char *kind = strrchr(release, '-');
	const char *rebuild = p->version.p ? strrchr(p->version.p, '.') : NULL;

	if (!kind || !rebuild || !starts(p->name, "kernel-") || strcmp(p->name.p + 7, kind + 1))
		return false;
	return (size_t)snprintf(ret->release, sizeof(ret->release), "%.*s%s",
				(int)(rebuild - p->version.p), p->version.p,
				kind) < sizeof(ret->release);
}

/* Alpine: package linux-lts 6.6.58-r0 boots as "6.6.58-0-lts". */
static bool is_alpine_image(const struct package *p, const char *release, struct image *ret)
{
	const char *kind = strrchr(release, '-'), *rev = strstr(p->version.p, "-r");

	if (!kind || !rev || !starts(p->name, "linux-") || strcmp(p->name.p + 6, kind + 1))
		return false;
	return (size_t)snprintf(ret->release, sizeof(ret->release), "%.*s-%s%s",
				(int)(rev - p->version.p), p->version.p, rev + 2,
				kind) < sizeof(ret->release);
}

static bool is_rpm_image(const struct package *p, const char *release, struct image *ret)
{
	return is_redhat_image(p, release, ret) || is_suse_image(p, release, ret);
}

static const struct {
	enum version_order order;
	bool (*is_image)(const struct package *p, const char *release, struct image *ret);
} kinds[MANAGER_COUNT] = {
	[MANAGER_DPKG] = { VERSION_DPKG, is_debian_image },
	[MANAGER_APK] = { VERSION_APK, is_alpine_image },
	[MANAGER_RPM] = { VERSION_RPM, is_rpm_image },
};

static int compare(enum manager manager, struct word a, struct word b)
{
	return version_cmp(kinds[manager].order, a.p, a.len, b.p, b.len);
}

/*
 * The version a build says it is of: "#1 SMP Debian 6.1.119-1 (2024-11-22)", and Ubuntu's
 * "#57~22.04.1-Ubuntu SMP ...", the end of version 5.15.0-51.57~22.04.1.
 */
static struct word version_of_build(const char *build, struct word installed, struct word *cut)
{
	static const char debian[] = " Debian ";
	const char *at = strstr(build, debian), *end = strstr(build, "-Ubuntu");
	const char *tail = installed.p ? strrchr(installed.p, '-') : NULL;

	*cut = installed;
	if (at) {
		at += strlen(debian);
		return (struct word){ at, strcspn(at, " ") };
	}
	tail = tail ? strchr(tail, '.') : NULL;
	if (!end || *build != '#' || !tail)
		return (struct word){ 0 };
	*cut = (struct word){ tail + 1, strlen(tail + 1) };
	return (struct word){ build + 1, (size_t)(end - build - 1) };
}

/* The same release, and yet built from an older version of the package? */
static bool is_rebuilt(enum manager manager, const char *build, struct word installed,
		       struct kernel *k)
{
	struct word cut, runs = version_of_build(build, installed, &cut);

	if (manager != MANAGER_DPKG || !runs.len || compare(manager, cut, runs) <= 0)
		return false;
	snprintf(k->running, sizeof(k->running), "%.*s", (int)runs.len, runs.p);
	return true;
}

/* The build knows best: its package may have been replaced by one of the same release. */
static void note_running(const char *build, const struct package *runs, const struct image *newest,
			 struct kernel *k)
{
	struct word installed = newest->package->version, cut;
	struct word built = version_of_build(build, installed, &cut);

	if (built.len && cut.p == installed.p)
		snprintf(k->runs, sizeof(k->runs), "%.*s", (int)built.len, built.p);
	else if (runs)
		snprintf(k->runs, sizeof(k->runs), "%s", runs->version.p);
}

static bool is_container(int root)
{
	static const char *const signs[] = { "run/systemd/container", "run/.containerenv",
					     ".dockerenv", "run/host/container-manager" };

	for (size_t i = 0; i < COUNT(signs); i++)
		if (faccessat(root, signs[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return true;
	return false;
}

/* The first live patch that is in force; it mends some of what the kernel's own version lacks. */
static bool find_livepatch(int root, char name[32])
{
	_dir_ DIR *dir = io_open_dir(root, LIVEPATCH, 0);
	struct dirent *e;
	bool found = false;

	while (dir && !found && (e = readdir(dir))) {
		_free_ char *text = NULL;
		char path[300];
		size_t len;

		snprintf(path, sizeof(path), "%s/enabled", e->d_name);
		found = *e->d_name != '.' && io_read(dirfd(dir), path, 16, &text, &len) == 0 &&
			*text == '1';
		if (found)
			snprintf(name, 32, "%.31s", e->d_name);
	}
	return found;
}

/* The newest image, and the running one: NULL when it is not among them. */
static const struct package *survey(const struct inventory *inv, const char *release,
				    struct image *newest)
{
	enum manager m = inventory_manager(inv);
	const struct package *runs = NULL;
	size_t n;
	const struct package *rows = inventory_list(inv, &n);

	newest->package = NULL;
	for (const struct package *p = rows; p < rows + n; p++) {
		struct image image = { .package = p };

		if (!kinds[m].is_image(p, release, &image))
			continue;
		if (!strcmp(image.release, release))
			runs = p;
		if (!newest->package || compare(m, p->version, newest->package->version) > 0 ||
		    (compare(m, p->version, newest->package->version) == 0 &&
		     !strcmp(image.release, release)))
			*newest = image;
	}
	return runs;
}

static void none(struct kernel *k, const char *why)
{
	k->state = KERNEL_NONE;
	snprintf(k->why, sizeof(k->why), "%s", why);
}

static void say_old(int root, const char *release, struct kernel *k)
{
	char patch[32];
	bool patched = find_livepatch(root, patch);

	k->state = KERNEL_OLD;
	snprintf(k->why, sizeof(k->why), "the kernel that runs is %.50s%s%s", release,
		 patched ? ", with live patch " : "", patched ? patch : "");
}

void kernel_look(int root, const char *release, const char *build, const struct inventory *inv,
		 struct kernel *ret)
{
	struct image newest;
	struct kernel k = { .state = KERNEL_CURRENT };
	const struct package *runs;

	*ret = k;
	if (is_container(root)) {
		none(ret, "not applicable: a container has no kernel of its own");
		return;
	}
	runs = survey(inv, release, &newest);
	/* One that was built by hand is not told what packages have; one removed meanwhile is. */
	if (!newest.package ||
	    (!runs && compare(inventory_manager(inv),
			      (struct word){ newest.release, strlen(newest.release) },
			      (struct word){ release, strlen(release) }) <= 0)) {
		none(ret, "not applicable: the kernel that runs is of no package");
		return;
	}
	snprintf(k.running, sizeof(k.running), "%s", release);
	snprintf(k.package, sizeof(k.package), "%s", newest.package->name.p);
	snprintf(k.version, sizeof(k.version), "%s", newest.package->version.p);
	note_running(build, runs, &newest, &k);
	if (strcmp(newest.release, release) ||
	    is_rebuilt(inventory_manager(inv), build, newest.package->version, &k))
		say_old(root, release, &k);
	*ret = k;
}
