/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `lazaret-policy feed` prints. */
#pragma once

#include "policy/publisher/feed-import.h"

/* What is in a feed, and what is not and why, for people and for scripts. */
void feed_say(const struct feed *f, const char *path, size_t len, const struct import *m);
void feed_say_json(const struct feed *f, const char *path, size_t len, const struct import *m);

/* Prints a feed as text, or only these packages of it; the exit status. */
int feed_show(const char *path, char **packages);
