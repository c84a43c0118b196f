/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads JSON objects into structs by tables, a row a member, and says of the first
 * value that does not fit where it stands and what would.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/count.h"
#include "agent/base/err.h"

struct reader {
	const char *text; /* what was parsed, to find line and column again */
	size_t len;
	struct fault *fault;
	char path[128];	 /* of the value being read: "requirements[1].grace" */
	const void *ctx; /* whole of what is read, for members that name others */
};

struct member {
	const char *name;
	/* Reads the value into the field; 0, or the -errno of reader_refuse(). */
	int (*read)(struct reader *r, const struct member *m, json_t *value, void *field);
	size_t at; /* of the field in the object's struct */
	bool required;
	uint64_t min, max; /* seconds of a span, bytes of a text's room, items of an array */
};

struct shape { /* all members an object may have */
	const struct member *members;
	size_t n;
};

#define SHAPE(rows)               \
	{                         \
		rows, COUNT(rows) \
	}

/* Records the fault "PATH: why" with the place of the value being read.  Returns -EINVAL. */
int reader_refuse(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same, with the value before the reason: `PATH: "soon" is not a span of time`. */
int reader_refuse_value(struct reader *r, json_t *value, const char *reason);

/*
 * Reads each member that is there, in the table's order, so that a row may build on the
 * rows above it.  What is absent and not required keeps the value it has.
 */
int reader_object(struct reader *r, const struct shape *shape, json_t *value, void *into);

/* Each item of an array that has min to max of them. */
int reader_array(struct reader *r, const struct member *m, json_t *value,
		 int (*each)(struct reader *r, json_t *item, void *into), void *into);

/* For rows: a span of time into a uint64_t, a line of text into a char[max], a bool. */
int reader_span(struct reader *r, const struct member *m, json_t *value, void *field);
int reader_text(struct reader *r, const struct member *m, json_t *value, void *field);
int reader_bool(struct reader *r, const struct member *m, json_t *value, void *field);
