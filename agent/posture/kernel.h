/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is the kernel that runs the newest that is installed, and did a package ask for a reboot? */
#pragma once

#include "agent/posture/inventory.h"

struct feed;
struct findings;

#define KERNEL_TEXT_MAX	     128
#define REBOOT_REQUIRED	     "run/reboot-required"
#define REBOOT_REQUIRED_PKGS "run/reboot-required.pkgs"

enum kernel_state {
	KERNEL_NONE, /* not applicable: why says so */
	KERNEL_CURRENT,
	KERNEL_OLD,
};

struct kernel {
	enum kernel_state state;
	char running[KERNEL_TEXT_MAX]; /* as uname -r says, or its package's version */
	char package[KERNEL_TEXT_MAX]; /* of the newest installed, of the same flavour */
	char version[KERNEL_TEXT_MAX]; /* its version */
	char runs[KERNEL_TEXT_MAX];    /* the version of the package that runs; "" unknown */
	char why[KERNEL_TEXT_MAX];     /* one sentence; also of a live patch */
};

/*
 * `release` and `build` are what uname(2) says (release, version).  Names and versions of kernels
 * are those of Debian and Ubuntu (linux-image-6.1.0-28-amd64), Fedora, RHEL and theirs
 * (kernel-core), SUSE (kernel-default) and Alpine (linux-lts).  Only the flavour that runs counts:
 * which other the boot loader would choose is not known here.
 */
void kernel_look(int root, const char *release, const char *build, const struct inventory *inv,
		 struct kernel *ret);

/*
 * Adds a row for an older kernel, and one for each package named in /run/reboot-required.pkgs, as
 * bad as the feed says (installed.h).  `k` and `feed` may be NULL.  -ENOMEM.
 */
int kernel_add(int root, const struct kernel *k, const struct inventory *inv,
	       const struct feed *feed, struct findings *f);
