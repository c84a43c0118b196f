/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host of Debian 12: what is installed, and what its three suites offer. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "agent/posture/aptconf.h"
#include "agent/posture/dpkg.h"
#include "policy/host.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

#define NOON 1795262400 /* Sat, 21 Nov 2026 12:00:00 UTC */
#define DAY  86400
#define LIST "var/lib/apt/lists/deb.example_dists_"
#define OS   "ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n"
#define RELEASE(suite, label)                                                  \
	"Origin: Debian\nLabel: " label "\nSuite: " suite "\nCodename: " suite \
	"\nDate: Sat, 21 Nov 2026 06:00:00 UTC\n"
#define INSTALLED(name, want, source, version)                                           \
	"Package: " name "\nStatus: " want " ok installed\nArchitecture: amd64\n" source \
	"Version: " version "\n\n"
#define OFFER(name, version, more) \
	"Package: " name "\nArchitecture: amd64\nVersion: " version "\n" more "\n"
#define SSL INSTALLED("libssl3", "install", "Source: openssl\n", "3.0.1-1")

struct apt_host {
	const char *status; /* of dpkg */
	const char *security, *base, *updates;
	const char *pins;
};

static inline void put_suite(const struct root *r, const char *name, const char *release,
			     const char *list)
{
	char path[200];

	snprintf(path, sizeof(path), LIST "%s_InRelease", name);
	root_text(r, path, release);
	snprintf(path, sizeof(path), LIST "%s_main_binary-amd64_Packages", name);
	root_text(r, path, list ? list : OFFER("unrelated", "1", ""));
}

static inline void put_host(const struct root *r, const struct apt_host *h)
{
	root_text(r, OS_RELEASE, OS);
	root_text(r, ETC_MACHINE_ID, "0123456789abcdef0123456789abcdef\n");
	root_text(r, DPKG_STATUS, h->status);
	put_suite(r, "bookworm-security", RELEASE("bookworm-security", "Debian-Security"),
		  h->security);
	put_suite(r, "bookworm", RELEASE("bookworm", "Debian"), h->base);
	put_suite(r, "bookworm-updates", RELEASE("bookworm-updates", "Debian"), h->updates);
	if (h->pins)
		root_text(r, APT_PREFERENCES_PARTS "/lab", h->pins);
}
