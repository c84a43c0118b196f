// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/dnf.h"
#include "agent/posture/sources.h"
#include "policy/distro.h"

DEFINE_DROP(apt, apt_free)
#if defined(CONFIG_POSTURE_RPM) && defined(CONFIG_POSTURE_DNF)
DEFINE_DROP(dnf, dnf_free)
#endif

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

static int find_dpkg(const struct sources_ask *ask, const struct feed *feed, struct inventory *inv,
		     struct seen *seen, struct findings **ret, struct fault *fault)
{
	const struct apt_ask lists = {
		.root = ask->root,
		.lists = APT_LISTS,
		.now = ask->now,
		.max_age = ask->max_age,
		.all = ask->all,
		.feed = feed,
	};
	_drop_(drop_apt) struct apt *apt = NULL;
	int doubt = apt_read(&lists, inv, &apt, fault), r;

	if (!apt)
		return -ENOMEM;
	*seen = *apt_seen(apt);
	r = findings_make(inv, apt, feed, ret);
	return r < 0 ? r : doubt;
}

/* Nothing but a feed knows what is a fix, and all that it says counts as obtainable. */
static int find_told(const struct feed *feed, struct inventory *inv, struct findings **ret,
		     struct fault *fault)
{
	int r = findings_make(inv, NULL, feed, ret);

	if (r < 0 || feed)
		return r;
	return fault_set(fault, -ENOSYS, "no feed of advisories for %s",
			 manager_names[inventory_manager(inv)]);
}

#if defined(CONFIG_POSTURE_RPM) && defined(CONFIG_POSTURE_DNF)
static int find_rpm(const struct sources_ask *ask, const struct feed *feed, struct inventory *inv,
		    struct seen *seen, struct findings **ret, struct fault *fault)
{
	const struct dnf_ask of = { ask->root, ask->now, ask->max_age };
	_drop_(drop_dnf) struct dnf *dnf = NULL;
	struct fault why = { 0 };
	int doubt = dnf_read(&of, inv, &dnf, &why), r;

	if (doubt == -ENODEV)
		return find_told(feed, inv, ret, fault);
	if (!dnf)
		return -ENOMEM;
	*seen = *dnf_seen(dnf);
	if (doubt < 0)
		fault_set(fault, doubt, "%s", why.why);
	else if (!feed && !ask->all && !dnf_advises(dnf))
		doubt = fault_set(fault, -ENOSYS,
				  "no repository says which updates are for security");
	r = findings_make_rpm(inv, dnf, feed, ask->all, ret);
	return r < 0 ? r : doubt;
}
#endif

int sources_find(const struct sources_ask *ask, struct inventory *inv, struct seen *seen,
		 struct findings **ret, struct fault *fault)
{
	const struct feed *feed = ask->feed;
	struct fault second = { 0 };
	int doubt = 0, r = 0;

	*seen = (struct seen){ 0 };
	if (feed && check_feed(ask->root, feed, fault) < 0) {
		doubt = -ENOSYS;
		feed = NULL;
		fault = &second;
	}
	switch (inventory_manager(inv)) {
	case MANAGER_DPKG: r = find_dpkg(ask, feed, inv, seen, ret, fault); break;
#if defined(CONFIG_POSTURE_RPM) && defined(CONFIG_POSTURE_DNF)
	case MANAGER_RPM: r = find_rpm(ask, feed, inv, seen, ret, fault); break;
#else
	case MANAGER_RPM:
#endif
	case MANAGER_APK:
	case MANAGER_COUNT: r = find_told(feed, inv, ret, fault); break;
	}
	return *ret && doubt ? doubt : r;
}
