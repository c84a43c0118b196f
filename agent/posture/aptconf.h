/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of apt's configuration changes which versions it would install (apt.conf(5)). */
#pragma once

#include "agent/base/err.h"

#define APT_CONF	 "etc/apt/apt.conf"
#define APT_CONF_PARTS	 "etc/apt/apt.conf.d"
#define APTCONF_TEXT_MAX 128

/* Phased updates: for this host when it is its turn, always, or only once they are for all. */
enum phasing { PHASING_BY_TURN, PHASING_ALWAYS, PHASING_NEVER };

struct aptconf {
	char release[APTCONF_TEXT_MAX];	   /* APT::Default-Release; "" is none */
	char file[APTCONF_TEXT_MAX];	   /* that says so: "/etc/apt/apt.conf.d/local" */
	unsigned line;			   /* in it */
	char machine_id[APTCONF_TEXT_MAX]; /* APT::Machine-ID; "" is the host's own */
	enum phasing phasing;
	char architectures[APTCONF_TEXT_MAX]; /* APT::Architectures: "amd64 i386"; "" does not say
					       */
};

/*
 * Reads apt.conf.d/, then apt.conf, of which the later word counts.  Files that are not there or
 * that apt would not read either are passed over.  -EXDEV and the fault with file and line when
 * lists, preferences, the database or the configuration are said to be elsewhere, or when another
 * file is included: what we read is not what apt goes by then.  -E2BIG or the -errno of a file or
 * folder that cannot be read, and the fault: what it says is not known.  *ret is set all the same,
 * but with -ENOMEM.
 */
int aptconf_read(int root, struct aptconf *ret, struct fault *fault);
