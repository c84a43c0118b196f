/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON (RFC 8259) by jansson, read strictly: valid UTF-8, no member twice, no NUL in a
 * string, nothing after the value, bounded in size and depth.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"

#define JSON_TEXT_BYTES (5 * 1024 * 1024)
#define JSON_DEPTH	32

/*
 * Reads one value of any type; the caller owns *ret (drop_json).  -EINVAL with the
 * fault's line, column and reason, -EFBIG above JSON_TEXT_BYTES, or -ENOMEM.
 */
int json_read(const char *text, size_t len, json_t **ret, struct fault *fault);

/*
 * Where a value begins in a text that json_read() has accepted, from 1.  The path
 * names members and counts elements: "requirements[2].grace"; "" is the whole value.
 * -ENOENT when the text has no such value.
 */
int json_find_place(const char *text, size_t len, const char *path, unsigned *line, unsigned *col);

/*
 * Members that must be there with the right type.  -EINVAL names the member in the
 * fault.  What *ret points at belongs to the object.
 */
int json_need_object(json_t *object, const char *name, json_t **ret, struct fault *fault);
int json_need_array(json_t *object, const char *name, json_t **ret, struct fault *fault);
int json_need_text(json_t *object, const char *name, const char **ret, struct fault *fault);
int json_need_flag(json_t *object, const char *name, bool *ret, struct fault *fault);
int json_need_number(json_t *object, const char *name, int64_t min, int64_t max, int64_t *ret,
		     struct fault *fault);

static inline void drop_json(json_t **p)
{
	json_decref(*p);
}
