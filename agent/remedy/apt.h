/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How this program calls dpkg and apt-get (apt.conf(5), dpkg(1)). */
#pragma once

#include "agent/remedy/step.h"

/* Conffiles the administrator edited stay; nothing waits for ever, for a lock or for a mirror. */
#define APT_OPTIONS                                                                     \
	"-o", "DPkg::Lock::Timeout=120", "-o", "DPkg::Options::=--force-confdef", "-o", \
		"DPkg::Options::=--force-confold", "-o", "Acquire::Retries=2", "-o",    \
		"Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20", "-o",  \
		"Dpkg::Use-Pty=0"

/* As the look wants its evidence: with a time when all lists were current. */
#define APT_UPDATE                                                             \
	STEP_ARGV("/usr/bin/apt-get", "-q", APT_OPTIONS, "-o",                 \
		  "APT::Update::Post-Invoke-Success::="                        \
		  "/usr/bin/touch /var/lib/apt/periodic/update-success-stamp", \
		  "update")
#define APT_CONFIGURE \
	STEP_ARGV("/usr/bin/dpkg", "--force-confdef", "--force-confold", "--configure", "-a")

/*
 * Waits until nobody holds dpkg's and apt's locks: `dpkg --configure` and
 * `apt-get update` would fail at once.  0, or -ETIMEDOUT with the holder's process id.
 */
int apt_await_locks(struct report *report, struct fault *fault);

/*
 * Removes package lists that are damaged, or not the ones that their suite speaks of: apt fails on
 * them, and does not fetch anew what it believes to have.
 */
int apt_drop_damaged(struct report *report, struct fault *fault);
