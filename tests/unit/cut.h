/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program that is killed before one of its changes of the disk, whichever one is wanted. */
#pragma once

#include <sys/types.h>

#define CUT_NEVER 10000

/*
 * Leads a child, which has asked to be traced and then executed the program, to before its n-th
 * change and kills it there, or to its end; how many changes there were.  What moves into place
 * has to be synced by then, or the test fails.
 */
int cut_follow(pid_t child, int n);
