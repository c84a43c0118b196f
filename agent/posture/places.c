// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agent/posture/apt.h"
#include "agent/posture/distribution.h"
#include "agent/posture/inventory.h"
#include "agent/posture/places.h"
#include "agent/posture/unit.h"
#include "policy/distro.h"

struct place {
	const char *path;
	bool deep;
};

static const struct place of_patches[] = {
	{ DPKG_STATUS, false },
	/* Emptied last; the locks are root's alone, so that their end cannot be seen. */
	{ DPKG_UPDATES, false },
	{ APT_LISTS, false },
	{ "etc/apt", true },
	{ OS_RELEASE, false },
	{ APK_INSTALLED, false },
	{ "var/lib/rpm/rpmdb.sqlite", false },
	{ "usr/lib/sysimage/rpm/rpmdb.sqlite", false },
#ifdef CONFIG_POSTURE_RPM
	{ "etc/yum.repos.d", false },
	{ "etc/dnf", true },
	{ "etc/zypp", true },
	{ "var/cache/dnf", true },
	{ "var/cache/libdnf5", true },
	{ "var/cache/zypp/raw", true },
#endif
	{ "run/reboot-required", false },
	{ NULL, false },
};

static const struct place of_firewall[] = {
	{ "etc/ufw/ufw.conf", false },
	{ "etc/nftables.conf", false },
	{ "etc/firewalld", true },
	{ "etc/systemd/system/multi-user.target.wants", false },
	{ "etc/systemd/system/sysinit.target.wants", false },
	{ NULL, false },
};

static int each_of(const struct place *list, place_each each, void *ctx)
{
	int r = 0;

	for (; list->path && r == 0; list++)
		r = each(ctx, list->path, list->deep);
	return r;
}

static int each_cgroup(const struct provider_unit *u, place_each each, void *ctx)
{
	char path[UNIT_PATH_MAX];
	int r = 0;

	for (size_t i = 0; *u->program && unit_slices[i] && r == 0; i++) {
		unit_cgroup_path(unit_slices[i], u->name, "cgroup.events", path);
		r = each(ctx, path, false);
	}
	return r;
}

/* Transient units come and go all day, and none of them gets the name of a unit that is there. */
static bool is_busy(const char *folder)
{
	return !strcmp(folder, "run/systemd/transient");
}

static int each_of_units(const struct provider *p, place_each each, void *ctx)
{
	int r = 0;

	for (const struct unit_folder *f = unit_folders; f->path && r == 0; f++)
		if (!is_busy(f->path))
			r = each(ctx, f->path, true);
	for (size_t i = 0; i < p->n_units && r == 0; i++) {
		r = each_cgroup(&p->units[i], each, ctx);
		if (r == 0 && *p->units[i].program)
			r = each(ctx, p->units[i].program + 1, false);
	}
	return r;
}

static int each_of_texts(const struct texts *paths, place_each each, void *ctx)
{
	int r = 0;

	for (size_t i = 0; i < paths->n && r == 0; i++)
		r = each(ctx, paths->rows[i] + 1, false);
	return r;
}

static int each_of_antivirus(const struct provider *p, place_each each, void *ctx)
{
	int r = each_of_units(p, each, ctx);

	for (size_t i = 0; i < p->n_settings && r == 0; i++)
		if (provider_file(p, i))
			r = each(ctx, p->settings[i].file + 1, false);
	if (r == 0)
		r = each_of_texts(&p->signatures.files, each, ctx);
	if (r == 0)
		r = each_of_texts(&p->signatures.base, each, ctx);
	if (r == 0 && *p->answer.socket)
		r = each(ctx, p->answer.socket + 1, false);
	return r;
}

int places_of(const struct requirement *req, place_each each, void *ctx)
{
	switch (req->check) {
	case CHECK_PATCHES: return each_of(of_patches, each, ctx);
	case CHECK_ANTIVIRUS: return each_of_antivirus(req->with.antivirus.provider, each, ctx);
	case CHECK_FIREWALL: return each_of(of_firewall, each, ctx);
	case CHECK_COUNT: break;
	}
	return 0;
}
