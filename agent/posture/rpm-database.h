/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rpm's database, read by its own library: its format is a private matter and has changed. */
#pragma once

#include <rpm/rpmts.h>

#define RPM_WHY_MAX 1024

/*
 * Opens the one of a root for reading, which needs no lock; signatures are not asked for.  -EIO and
 * the reason in why, where the library's first error comes later, too: an iterator ends at a page
 * that is damaged as at the last package.  In either case rpm_database_close() comes after it.
 */
int rpm_database_open(int root, char why[RPM_WHY_MAX], rpmts *ret);
void rpm_database_close(rpmts ts);
