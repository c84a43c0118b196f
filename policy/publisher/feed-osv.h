/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pieces of import_osv(). */
#pragma once

#include <jansson.h>

#include "policy/publisher/feed-import.h"

/* One document, and of it the package that is being read. */
struct reading {
	struct import *m;
	const json_t *root, *affected;
	struct feed_row row; /* what all its rows have */
	const char *id;
	bool withdrawn, never; /* taken back; "fixed" since ever */
};

/* A member that is a text, or "". */
static inline const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* Is this OSV's name of what the feed is made for? */
bool world_concerns(const struct import *m, const char *ecosystem);

/* What the distribution's documents name. */
enum package_kind world_kind(const struct import *m);

/* Rows of all ranges of versions of the package that is being read. */
int ranges_import(struct reading *r);
