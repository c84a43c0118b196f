/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a host's dpkg.cfg(5) keeps dpkg from laying packages, and no option of ours undoes. */
#pragma once

#include <stdbool.h>

#define HINDRANCE_MAX 160

/* The first such line, in the words of a fault, for root or another root; false: none. */
bool dpkg_hindrance(int root, char ret[HINDRANCE_MAX]);
