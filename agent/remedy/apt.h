/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How this program calls dpkg and apt-get (apt.conf(5), dpkg(1)). */
#pragma once

#include "agent/remedy/packager.h"

/*
 * Conffiles the administrator edited stay; nothing waits for ever, for a lock or for a mirror; and
 * apt.conf(5) cannot have it only look as if it were done.  What keeps the host on is held already
 * (inhibit.h): for its own apt-get would wait a minute and a half at a bus that is stopped.
 */
#define APT_OPTIONS                                                                      \
	"-o", "DPkg::Lock::Timeout=120", "-o", "DPkg::Options::=--force-confdef", "-o",  \
		"DPkg::Options::=--force-confold", "-o", "Acquire::Retries=2", "-o",     \
		"Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20", "-o",   \
		"Dpkg::Use-Pty=0", "-o", "DPkg::Inhibit-Shutdown=false", "-o",           \
		"APT::Get::Simulate=false", "-o", "APT::Get::Download-Only=false", "-o", \
		"APT::Get::Print-URIs=false", "-o", "Dir::Bin::dpkg=/usr/bin/dpkg"

/* As in struct packager. */
extern const struct step apt_repair[], apt_prepare[];

/*
 * Installs anew what dpkg was cut off in while it unpacked it (dpkg(1), reinst-required), and
 * nothing else: asked for together with what depends on it, apt-get ends in an error of its own.
 * options as in a step's argv, for instance other sources.
 */
int apt_unpack_again(const char *const *options, struct report *report, struct fault *fault);
