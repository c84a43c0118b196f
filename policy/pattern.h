/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/*
 * Does a delegation's pattern fit the path of a target (TUF 1.0.34, PATHPATTERN)?  '?' is
 * one byte and '*' any number of them, never a '/'; everything else is itself, whatever the
 * locale.  The time is at most proportional to the lengths of both multiplied, and paths
 * of targets are short (names.h).
 */
bool pattern_fits(const char *pattern, const char *path);
