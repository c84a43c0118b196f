// SPDX-License-Identifier: GPL-2.0-or-later
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "policy/publisher/feed-osv.h"

/*
 * What OSV calls a distribution's release, as patterns: %r is the release, %s SUSE's form of it,
 * "15 SP5" for 15.5.  And what its documents name: Rocky, SUSE and those of Debian's
 * kind name sources; SUSE also lists the binaries.
 */
static const struct {
	const char *id, *patterns[3];
	enum package_kind kind;
} worlds[] = {
	{ "debian", { "Debian:%r" }, PACKAGE_SOURCE },
	{ "ubuntu", { "Ubuntu:%r", "Ubuntu:%r:LTS" }, PACKAGE_SOURCE },
	{ "rocky", { "Rocky Linux:%r" }, PACKAGE_SOURCE },
	{ "almalinux", { "AlmaLinux:%r" }, PACKAGE_BINARY },
	{ "rhel", { "Red Hat:enterprise_linux:%r::*" }, PACKAGE_BINARY },
	{ "sles",
	  { "SUSE:Linux Enterprise Server %s", "SUSE:Linux Enterprise Server %r",
	    "SUSE:Linux Enterprise Module for * %s" },
	  PACKAGE_SOURCE },
	{ "opensuse-leap", { "openSUSE:Leap %r" }, PACKAGE_SOURCE },
	{ "alpine", { "Alpine:v%r" }, PACKAGE_SOURCE },
};
#define WORLDS COUNT(worlds)

static size_t find_world(const struct import *m)
{
	size_t i = 0;

	while (i < WORLDS - 1 && strcmp(worlds[i].id, m->kind->id))
		i++;
	return i;
}

static void put_release(const char *release, char form, char *out, size_t room)
{
	const char *dot = form == 's' ? strchr(release, '.') : NULL;

	if (dot && strcmp(dot, ".0"))
		snprintf(out, room, "%.*s SP%s", (int)(dot - release), release, dot + 1);
	else
		snprintf(out, room, "%.*s", dot ? (int)(dot - release) : DISTRO_TEXT, release);
}

static bool matches(const char *pattern, const char *release, const char *ecosystem)
{
	const char *mark = strchr(pattern, '%');
	char put[2 * DISTRO_TEXT], whole[4 * DISTRO_TEXT];

	put_release(release, mark[1], put, sizeof(put));
	snprintf(whole, sizeof(whole), "%.*s%s%s", (int)(mark - pattern), pattern, put, mark + 2);
	return fnmatch(whole, ecosystem, 0) == 0;
}

bool world_concerns(const struct import *m, const char *ecosystem)
{
	size_t w = find_world(m);

	for (size_t i = 0; i < 3 && worlds[w].patterns[i]; i++)
		if (matches(worlds[w].patterns[i], m->distro.release, ecosystem))
			return true;
	for (size_t i = 0; i < m->n_ecosystems; i++)
		if (!strcmp(m->ecosystems[i], ecosystem))
			return true;
	return false;
}

enum package_kind world_kind(const struct import *m)
{
	return worlds[find_world(m)].kind;
}
