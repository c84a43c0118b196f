// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/json.h"

static int refuse_at(const char *text, size_t len, size_t at, const char *why, struct fault *fault)
{
	if (fault && !fault->why[0])
		fault_place(text, len, at, &fault->line, &fault->col);
	return fault_set(fault, -EINVAL, "%s", why);
}

/*
 * jansson recurses, so what is too deep must not reach it; and it reads over a NUL that
 * follows a number.  Skips strings, checks nothing else.
 */
static int check_bytes(const char *text, size_t len, struct fault *fault)
{
	bool in_string = false;
	size_t depth = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '\0')
			return refuse_at(text, len, i, "NUL byte", fault);
		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '[' || c == '{') && ++depth > JSON_DEPTH)
			return refuse_at(text, len, i, "nested too deeply", fault);
		else if (!in_string && (c == ']' || c == '}') && depth)
			depth--;
	}
	return 0;
}

/* jansson counts the bytes it has read: up to the end of the token that does not fit. */
static size_t fault_at(const json_error_t *e, size_t len)
{
	if (json_error_code(e) == json_error_premature_end_of_input)
		return len;
	return e->position > 0 ? (size_t)e->position - 1 : 0;
}

int json_read(const char *text, size_t len, json_t **ret, struct fault *fault)
{
	json_error_t e;
	json_t *value;
	int r;

	if (len > JSON_TEXT_BYTES)
		return fault_set(fault, -EFBIG, "longer than %d bytes", JSON_TEXT_BYTES);
	r = check_bytes(text, len, fault);
	if (r < 0)
		return r;
	value = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (!value && json_error_code(&e) == json_error_out_of_memory)
		return -ENOMEM;
	if (!value)
		return refuse_at(text, len, fault_at(&e, len), e.text, fault);
	*ret = value;
	return 0;
}

/* A position in a text known to be valid. */
struct scan {
	const char *p, *end;
};

static void skip_blanks(struct scan *s)
{
	while (s->p < s->end && strchr(" \t\r\n", *s->p))
		s->p++;
}

static bool skip_char(struct scan *s, char c)
{
	skip_blanks(s);
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static void skip_string(struct scan *s)
{
	for (s->p++; s->p < s->end && *s->p != '"'; s->p++)
		if (*s->p == '\\')
			s->p++;
	s->p++;
}

static void skip_value(struct scan *s)
{
	size_t depth = 0;

	skip_blanks(s);
	do {
		if (*s->p == '"') {
			skip_string(s);
			continue;
		}
		if (strchr("[{", *s->p))
			depth++;
		else if (strchr("]}", *s->p))
			depth--;
		s->p++;
	} while (s->p < s->end && (depth || !strchr(",]} \t\r\n", *s->p)));
}

/* What is left of the path behind this member's name, or NULL when it is another member. */
static const char *path_past_name(const char *path, const char *name, size_t len)
{
	if (*path == '.')
		path++;
	if (strncmp(path, name, len) || !strchr(".[", path[len]))
		return NULL;
	return path + len;
}

static const char *path_past_index(const char *path, size_t index)
{
	char text[24];
	size_t n = (size_t)snprintf(text, sizeof(text), "[%zu]", index);

	return strncmp(path, text, n) ? NULL : path + n;
}

static const char *find(struct scan *s, const char *path);

static const char *find_in_object(struct scan *s, const char *path)
{
	const char *name, *rest, *at;

	while (!skip_char(s, '}')) {
		skip_char(s, ',');
		skip_blanks(s);
		name = s->p + 1;
		skip_string(s);
		rest = path_past_name(path, name, (size_t)(s->p - 1 - name));
		skip_char(s, ':');
		at = find(s, rest);
		if (at)
			return at;
	}
	return NULL;
}

static const char *find_in_array(struct scan *s, const char *path)
{
	for (size_t i = 0; !skip_char(s, ']'); i++) {
		const char *at;

		skip_char(s, ',');
		at = find(s, path_past_index(path, i));
		if (at)
			return at;
	}
	return NULL;
}

/* Walks over one value and answers where the rest of the path leads inside it. */
static const char *find(struct scan *s, const char *path)
{
	skip_blanks(s);
	if (path && !*path)
		return s->p;
	if (path && skip_char(s, '{'))
		return find_in_object(s, path);
	if (path && skip_char(s, '['))
		return find_in_array(s, path);
	skip_value(s);
	return NULL;
}

int json_find_place(const char *text, size_t len, const char *path, unsigned *line, unsigned *col)
{
	struct scan s = { .p = text, .end = text + len };
	const char *at = find(&s, path);

	if (!at)
		return -ENOENT;
	fault_place(text, len, (size_t)(at - text), line, col);
	return 0;
}

/* The member, or NULL and the fault says what is wrong with it. */
static json_t *need(json_t *object, const char *name, bool (*fits)(const json_t *),
		    const char *what, struct fault *fault)
{
	json_t *value = json_object_get(object, name);

	if (value && fits(value))
		return value;
	if (value)
		fault_set(fault, -EINVAL, "\"%s\" must be %s", name, what);
	else
		fault_set(fault, -EINVAL, "\"%s\" is missing", name);
	return NULL;
}

static bool is_object(const json_t *v)
{
	return json_is_object(v);
}

static bool is_array(const json_t *v)
{
	return json_is_array(v);
}

static bool is_text(const json_t *v)
{
	return json_is_string(v);
}

static bool is_flag(const json_t *v)
{
	return json_is_boolean(v);
}

static bool is_number(const json_t *v)
{
	return json_is_integer(v);
}

int json_need_object(json_t *object, const char *name, json_t **ret, struct fault *fault)
{
	json_t *value = need(object, name, is_object, "an object", fault);

	if (!value)
		return -EINVAL;
	*ret = value;
	return 0;
}

int json_need_array(json_t *object, const char *name, json_t **ret, struct fault *fault)
{
	json_t *value = need(object, name, is_array, "an array", fault);

	if (!value)
		return -EINVAL;
	*ret = value;
	return 0;
}

int json_need_text(json_t *object, const char *name, const char **ret, struct fault *fault)
{
	json_t *value = need(object, name, is_text, "a string", fault);

	if (!value)
		return -EINVAL;
	*ret = json_string_value(value);
	return 0;
}

int json_need_flag(json_t *object, const char *name, bool *ret, struct fault *fault)
{
	json_t *value = need(object, name, is_flag, "true or false", fault);

	if (!value)
		return -EINVAL;
	*ret = json_is_true(value);
	return 0;
}

int json_need_number(json_t *object, const char *name, int64_t min, int64_t max, int64_t *ret,
		     struct fault *fault)
{
	json_t *value = need(object, name, is_number, "a whole number", fault);

	if (!value)
		return -EINVAL;
	if (json_integer_value(value) < min || json_integer_value(value) > max)
		return fault_set(fault, -EINVAL, "\"%s\" must be from %" PRId64 " to %" PRId64,
				 name, min, max);
	*ret = json_integer_value(value);
	return 0;
}
