// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/count.h"
#include "agent/posture/repocache.h"
#include "agent/posture/repos.h"
#include "agent/posture/trace.h"

/* Folders, and what is looked at in each folder or of each file in them. */
static const struct {
	const char *folder, *below;
} places[] = {
	{ "etc/dnf", "" },
	{ "etc/dnf/modules.d", "" },
	{ "etc/dnf/libdnf5.conf.d", "" },
	{ "etc/dnf/plugins", "" },
	{ "etc/dnf/repos.override.d", "" },
	{ DNF_REPOS, "" },
	{ "etc/distro.repos.d", "" },
	{ "usr/share/dnf5/repos.d", "" },
	{ "etc/zypp", "" },
	{ ZYPP_REPOS, "" },
	{ DNF_CACHE, "/" REPOMD_PATH },
	{ DNF5_CACHE, "/" REPOMD_PATH },
	{ ZYPP_CACHE, "/" REPOMD_PATH },
};

/* FNV-1a of 64 bits, of numbers. */
static void mix(uint64_t *h, uint64_t value)
{
	*h = (*h ^ value) * 0x100000001b3u;
}

static void mix_file(uint64_t *h, int at, const char *name)
{
	struct stat st;

	if (fstatat(at, name, &st, 0) < 0)
		return;
	mix(h, st.st_dev);
	mix(h, st.st_ino);
	mix(h, (uint64_t)st.st_size);
	mix(h, (uint64_t)st.st_mtim.tv_sec);
	mix(h, (uint64_t)st.st_mtim.tv_nsec);
}

static void mix_folder(uint64_t *h, int root, const char *folder, const char *below)
{
	int fd = openat(root, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **names;
	int n = fd < 0 ? -1 : scandirat(fd, ".", &names, NULL, alphasort);
	char path[400];

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s%s", names[i]->d_name, below);
		mix_file(h, fd, path);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	if (fd >= 0)
		close(fd);
}

uint64_t trace_repositories(int root)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < COUNT(places); i++)
		mix_folder(&h, root, places[i].folder, places[i].below);
	return h;
}
