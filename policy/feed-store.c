// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/feed-store.h"

#define OS_RELEASE_MAX 65536

static const char *find_pattern(const struct policy *p)
{
	for (size_t i = 0; i < p->n_requirements; i++) {
		const struct requirement *q = &p->requirements[i];

		if (q->check == CHECK_PATCHES && *q->with.patches.feed)
			return q->with.patches.feed;
	}
	return NULL;
}

static int read_distro(int root, struct distro *d, struct fault *fault)
{
	static const char *const names[] = { "etc/os-release", "usr/lib/os-release" };
	_free_ char *text = NULL;
	size_t len;
	int r = -ENOENT;

	for (size_t i = 0; r == -ENOENT && i < 2; i++)
		r = io_read(root, names[i], OS_RELEASE_MAX, &text, &len);
	if (r < 0)
		return fault_set(fault, r, "/%s: %s", names[0], strerror(-r));
	return distro_read(text, len, d, fault);
}

int feed_wanted(const struct policy *p, int root, struct distro *d, char target[POLICY_FEED_MAX],
		struct fault *fault)
{
	const char *pattern = find_pattern(p);
	int r;

	if (!pattern)
		return -ENOENT;
	r = read_distro(root, d, fault);
	if (r == 0)
		r = distro_fill(pattern, d, target, POLICY_FEED_MAX);
	return r < 0 ? fault_set(fault, r, "feed %s: %s", pattern, strerror(-r)) : 0;
}

int feed_open(int store)
{
	int fd = openat(store, STORE_FEED, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}
