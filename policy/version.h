/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of two package versions is the newer, exactly as each package manager says. */
#pragma once

#include <stddef.h>

enum version_order {
	VERSION_DPKG, /* deb-version(7): epoch, upstream, revision; '~' before the end */
	VERSION_RPM,  /* rpm-version(7): epoch, version, release; '~' before, '^' after the end */
	VERSION_APK,  /* apk-package(5): 1.2.3c_rc4~HASH-r5; leading zeros as in a decimal */
	VERSION_ORDERS,
};

/*
 * Below, at or above 0 as a sorts before, with or after b.  A total order over all
 * texts, also those that are no version; they need no NUL.
 */
int version_cmp(enum version_order order, const char *a, size_t a_len, const char *b, size_t b_len);

/* The rows of version_cmp(). */
int version_compare(const char *a, size_t a_len, const char *b, size_t b_len); /* dpkg's */
int version_compare_rpm(const char *a, size_t a_len, const char *b, size_t b_len);
int version_compare_apk(const char *a, size_t a_len, const char *b, size_t b_len);
