/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells commands that could have undone a repair from those that only look: both name the same
 * unit, and whoever reads a log has done nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct requirement;

#define TOPIC_WORDS 48

/* The names of what a requirement is about.  They stay the requirement's. */
struct topic {
	size_t n;
	struct {
		const char *text;
		size_t len;
	} words[TOPIC_WORDS];
};

/* Of checks antivirus and firewall; of others it has no words, and nothing is about it. */
struct topic topic_of(const struct requirement *req);

/* One of the words is in the text, whole. */
bool topic_in(const struct topic *t, const char *text);

/* A command line: its program changes things when it is called so, and the topic is in it. */
bool deed_is(const char *command, const struct topic *t);
