// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/sources.h"
#include "policy/distro.h"

/* A feed of another release would call the wrong versions fixed. */
static int check_feed(int root, const struct feed *feed, struct fault *fault)
{
	_free_ char *text = NULL;
	struct feed_about about;
	struct distro is;
	size_t len;
	int r = io_read(root, OS_RELEASE, OS_RELEASE_MAX, &text, &len);

	if (r < 0)
		return fault_set(fault, r, "/%s: %s", OS_RELEASE, strerror(-r));
	r = distro_read(text, len, &is, fault);
	if (r < 0)
		return r;
	feed_tell(feed, &about);
	if (strcmp(about.distro, is.id) || strcmp(about.release, is.release))
		return fault_set(fault, -ENOSYS, "the feed is for %s %s, and this host is %s %s",
				 about.distro, about.release, is.id, is.release);
	return 0;
}

static int read_apt(const struct sources_ask *ask, bool has_feed, struct inventory *inv,
		    struct apt **ret, struct fault *fault)
{
	const struct apt_ask lists = {
		.root = ask->root,
		.lists = APT_LISTS,
		.now = ask->now,
		.max_age = ask->max_age,
		.all = ask->all,
		.feed = has_feed,
	};

	return apt_read(&lists, inv, ret, fault);
}

int sources_find(const struct sources_ask *ask, struct inventory *inv, struct apt **apt,
		 struct findings **ret, struct fault *fault)
{
	bool is_dpkg = inventory_manager(inv) == MANAGER_DPKG;
	const struct feed *feed = ask->feed;
	struct fault second = { 0 };
	int doubt = 0, r = 0;

	if (feed && check_feed(ask->root, feed, fault) < 0) {
		doubt = -ENOSYS;
		feed = NULL;
	}
	if (is_dpkg)
		r = read_apt(ask, feed, inv, apt, doubt ? &second : fault);
	else if (!feed && !doubt)
		doubt = fault_set(fault, -ENOSYS, "no feed of advisories for %s",
				  manager_names[inventory_manager(inv)]);
	if (is_dpkg && !*apt)
		return -ENOMEM;
	if (!doubt)
		doubt = r;
	r = findings_make(inv, *apt, feed, ret);
	return r < 0 ? r : doubt;
}
