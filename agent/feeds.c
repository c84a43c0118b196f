// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "agent/daemon.h"
#include "agent/feeds.h"
#include "agent/posture/patches.h"
#include "policy/feed-store.h"

/* What was found with the feed before says nothing of this one. */
static void use(struct daemon *d, const struct feed *f)
{
	d->host.feed = f;
	if (d->host.patches)
		patches_forget(d->host.patches);
}

void feeds_forget(struct daemon *d)
{
	use(d, NULL);
	d->feed = feed_unmap(d->feed);
	d->feed_accepted = 0;
	d->feed_fault[0] = '\0';
}

void feeds_note(struct daemon *d, const char *why)
{
	if (*why && strcmp(d->feed_fault, why))
		log_warn("advisories: %s; %s", why,
			 d->feed ? "the feed before stays in force" : "there is no feed");
	snprintf(d->feed_fault, sizeof(d->feed_fault), "%s", why);
}

static void take_feed(struct daemon *d, struct feed *f, const struct stat *st)
{
	struct feed_about about;

	use(d, f);
	feed_unmap(d->feed);
	d->feed = f;
	d->feed_file = st->st_ino;
	d->feed_accepted = st->st_mtime;
	feed_tell(f, &about);
	log_notice("advisories for %s %s in force: %zu of %zu packages", about.distro,
		   about.release, about.n_advisories, about.n_packages);
}

static bool is_open(const struct daemon *d, const struct stat *st)
{
	return d->feed && d->feed_file == st->st_ino && d->feed_accepted == st->st_mtime;
}

void feeds_read(struct daemon *d, int store)
{
	char target[POLICY_FEED_MAX];
	struct fault fault = { 0 };
	struct feed *f = NULL;
	struct distro distro;
	_close_ int fd = -1;
	struct stat st;
	int r;

	r = feed_wanted(d->policy, d->host.root, &distro, target, &fault);
	if (r < 0) {
		feeds_forget(d);
		feeds_note(d, fault.why);
		return;
	}
	fd = feed_open(store);
	if (fd < 0 || fstat(fd, &st) < 0 || is_open(d, &st))
		return;
	r = feed_map_kept(fd, &f, &fault);
	if (r == 0)
		take_feed(d, f, &st);
	else
		feeds_note(d, fault.why);
}
