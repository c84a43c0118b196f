// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "policy/feed-store.h"
#include "policy/names.h"

DEFINE_DROP(feed, feed_unmap)

static int check(const struct distro *d, const char *data, size_t len, struct fault *fault)
{
	_drop_(drop_feed) struct feed *f = NULL;
	struct feed_about about;
	int r;

	r = feed_use(data, len, &f, fault);
	if (r == 0)
		r = feed_check(f, fault);
	if (r < 0)
		return r;
	feed_tell(f, &about);
	if (strcmp(about.distro, d->id) || strcmp(about.release, d->release))
		return fault_set(fault, -EBADMSG, "is for %s %s, and this host is %s %s",
				 about.distro, about.release, d->id, d->release);
	return 0;
}

bool feed_is_kept(int store, const char *target)
{
	char name[NAME_ROOM];
	struct stat s, t;

	name_of_target(target, name);
	return fstatat(store, name, &s, 0) == 0 && fstatat(store, STORE_FEED, &t, 0) == 0 &&
	       s.st_ino == t.st_ino && s.st_dev == t.st_dev;
}

/* The verified target itself becomes the feed: a link takes no room on a full disk. */
static int put(int store, const char *target)
{
	char from[NAME_ROOM];

	name_of_target(target, from);
	if (unlinkat(store, STORE_FEED ".new", 0) < 0 && errno != ENOENT)
		return -errno;
	if (linkat(store, from, store, STORE_FEED ".new", 0) < 0 ||
	    renameat(store, STORE_FEED ".new", store, STORE_FEED) < 0)
		return -errno;
	return 0;
}

int feed_keep(int store, const char *target, const struct distro *d, const char *data, size_t len,
	      struct fault *fault)
{
	int r = check(d, data, len, fault);

	if (r == 0 && !feed_is_kept(store, target)) {
		r = put(store, target);
		fault_set(r < 0 ? fault : NULL, r, "cannot be stored: %s", strerror(-r));
	}
	if (r < 0)
		fault_prefix(fault, "feed %s", target);
	return r;
}

void feed_drop(int store)
{
	unlinkat(store, STORE_FEED, 0);
}
