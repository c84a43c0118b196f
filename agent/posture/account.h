/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The accounts that a host has of its own (passwd(5)). */
#pragma once

/*
 * 1: the host's passwd(5), or the one that an image brings (/usr/lib/passwd), has that name; 0: it
 * is gone, as far as files tell: those of a directory service are in neither; -errno: the host's
 * cannot be read.
 */
int account_find(int root, const char *name);
