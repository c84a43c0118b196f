/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "policy/feed.h"

/*
 * The severity that a CVSS 3.0 or 3.1 vector's base score stands for (CVSS 3.1, sections 5 and
 * 7.1: from 0.1 low, 4.0 medium, 7.0 high, 9.0 critical).  Unknown for another version, for
 * what is malformed, and for a score of 0.
 */
enum severity cvss_severity(const char *vector);

/* The base score times ten, or -EINVAL. */
int cvss_score(const char *vector);
