/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How this program calls dpkg and apt-get (apt.conf(5), dpkg(1)). */
#pragma once

#include "agent/remedy/step.h"

/*
 * Conffiles the administrator edited stay; nothing waits for ever, for a lock or for a mirror; and
 * apt.conf(5) cannot have it only look as if it were done.
 */
#define APT_OPTIONS                                                                        \
	"-o", "DPkg::Lock::Timeout=120", "-o", "DPkg::Options::=--force-confdef", "-o",    \
		"DPkg::Options::=--force-confold", "-o", "Acquire::Retries=2", "-o",       \
		"Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20", "-o",     \
		"Dpkg::Use-Pty=0", "-o", "APT::Get::Simulate=false", "-o",                 \
		"APT::Get::Download-Only=false", "-o", "APT::Get::Print-URIs=false", "-o", \
		"Dir::Bin::dpkg=/usr/bin/dpkg"

/* A step: on hosts without apt-get (rpm, apk) packages are looked at and not mended.  -ENOENT. */
int apt_is_there(struct report *report, struct fault *fault);

/*
 * Waits until nobody holds dpkg's and apt's locks: `dpkg --configure` and
 * `apt-get update` would fail at once.  0, or -ETIMEDOUT with the holder's process id.
 */
int apt_await_locks(struct report *report, struct fault *fault);

/* Finishes what dpkg was cut off in, as steps; both wait for locks, and again when they lose one.
 */
int apt_configure(struct report *report, struct fault *fault);
/* Fetches the package lists; 0 when each of them was fetched, or is unchanged. */
int apt_update(struct report *report, struct fault *fault);

/*
 * Installs anew what dpkg was cut off in while it unpacked it (dpkg(1), reinst-required), and
 * nothing else: asked for together with what depends on it, apt-get ends in an error of its own.
 * options as in a step's argv, for instance other sources.
 */
int apt_unpack_again(const char *const *options, struct report *report, struct fault *fault);

/* Where little room is left, packages that were downloaded before go first. */
int apt_make_room(struct report *report, struct fault *fault);

/*
 * Removes package lists that are damaged, or not the ones that their suite speaks of: apt fails on
 * them, and does not fetch anew what it believes to have.
 */
int apt_drop_damaged(struct report *report, struct fault *fault);
