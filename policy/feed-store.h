/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The feed in the trusted store: the file `feed`, at most one.  It changes on its own: whatever
 * becomes of a new one, the policy and the feed before stay as they are.
 */
#pragma once

#include "agent/base/err.h"
#include "policy/distro.h"
#include "policy/document.h"
#include "policy/feed.h"

#define STORE_FEED "feed"

/*
 * Which target a policy wants as this host's feed, by the os-release below a root.  0;
 * -ENOENT when it wants none; -ENODATA when os-release does not say what this host is;
 * -ENAMETOOLONG, or the -errno of reading.
 */
int feed_wanted(const struct policy *p, int root, struct distro *d, char target[POLICY_FEED_MAX],
		struct fault *fault);

/* The feed's file, for feed_map_kept(): a descriptor, or -errno.  Its st_mtime is its arrival. */
int feed_open(int store);

/*
 * For the one who writes (feed-keep.c): puts a verified target (targets/ in the store has it)
 * in force as the feed of this distribution, unless it is damaged or another's; -EBADMSG.
 */
int feed_keep(int store, const char *target, const struct distro *d, const char *data, size_t len,
	      struct fault *fault);

/* Is the verified target that is in the store the feed in force? */
bool feed_is_kept(int store, const char *target);

/* No feed from now on. */
void feed_drop(int store);
