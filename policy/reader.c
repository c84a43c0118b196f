// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/span.h"
#include "policy/json.h"
#include "policy/reader.h"

#define SHOWN_MAX 48 /* bytes of a refused value that a reason shows */

int reader_refuse(struct reader *r, const char *fmt, ...)
{
	struct fault f = { 0 };
	va_list ap;

	if (!r->fault || r->fault->why[0])
		return -EINVAL;
	va_start(ap, fmt);
	vsnprintf(f.why, sizeof(f.why), fmt, ap);
	va_end(ap);
	if (r->path[0])
		fault_prefix(&f, "%s", r->path);
	json_find_place(r->text, r->len, r->path, &f.line, &f.col);
	*r->fault = f;
	return -EINVAL;
}

int reader_refuse_value(struct reader *r, json_t *value, const char *reason)
{
	char shown[SHOWN_MAX];
	size_t n = json_dumpb(value, shown, sizeof(shown),
			      JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_COMPACT);
	bool whole = n <= sizeof(shown);

	return reader_refuse(r, "%.*s%s %s", (int)(whole ? n : sizeof(shown)), shown,
			     whole ? "" : "...", reason);
}

static const struct member *member_find(const struct shape *shape, const char *name)
{
	for (size_t i = 0; i < shape->n; i++)
		if (!strcmp(shape->members[i].name, name))
			return &shape->members[i];
	return NULL;
}

static void enter(struct reader *r, size_t depth, const char *name)
{
	snprintf(r->path + depth, sizeof(r->path) - depth, "%s%s", depth ? "." : "", name);
}

static int refuse_unknown(struct reader *r, const struct shape *shape, const char *name)
{
	char known[160] = "";
	size_t n = 0;

	for (size_t i = 0; i < shape->n && n < sizeof(known); i++)
		n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s", i ? ", " : "",
				      shape->members[i].name);
	enter(r, strlen(r->path), name);
	return reader_refuse(r, "unknown member; there are: %s", known);
}

static int check_required(struct reader *r, const struct shape *shape, json_t *object)
{
	if (!json_is_object(object))
		return reader_refuse_value(r, object, "is not an object");
	for (size_t i = 0; i < shape->n; i++)
		if (shape->members[i].required && !json_object_get(object, shape->members[i].name))
			return reader_refuse(r, "member \"%s\" is missing", shape->members[i].name);
	return 0;
}

static int check_unknown(struct reader *r, const struct shape *shape, json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
		if (!member_find(shape, name))
			return refuse_unknown(r, shape, name);
	return 0;
}

int reader_object(struct reader *r, const struct shape *shape, json_t *value, void *into)
{
	size_t depth = strlen(r->path);
	int err = check_required(r, shape, value);

	for (size_t i = 0; err == 0 && i < shape->n; i++) {
		const struct member *m = &shape->members[i];
		json_t *v = json_object_get(value, m->name);

		if (!v)
			continue;
		enter(r, depth, m->name);
		err = m->read(r, m, v, (char *)into + m->at);
		r->path[depth] = '\0';
	}
	return err ? err : check_unknown(r, shape, value);
}

int reader_array(struct reader *r, const struct member *m, json_t *value,
		 int (*each)(struct reader *r, json_t *item, void *into), void *into)
{
	size_t depth = strlen(r->path), i, n = json_array_size(value);
	json_t *item;
	int err = 0;

	if (!json_is_array(value))
		return reader_refuse_value(r, value, "is not a list");
	if (n < m->min)
		return reader_refuse(r, "the list is empty");
	if (n > m->max)
		return reader_refuse(r, "%zu items; at most %llu are read", n,
				     (unsigned long long)m->max);
	json_array_foreach(value, i, item) {
		snprintf(r->path + depth, sizeof(r->path) - depth, "[%zu]", i);
		err = each(r, item, into);
		r->path[depth] = '\0';
		if (err < 0)
			break;
	}
	return err;
}

int reader_span(struct reader *r, const struct member *m, json_t *value, void *field)
{
	char least[SPAN_TEXT], most[SPAN_TEXT], range[2 * SPAN_TEXT + 32];
	uint64_t seconds;

	if (!json_is_string(value) || span_parse(json_string_value(value), &seconds) == -EINVAL)
		return reader_refuse_value(r, value,
					   "is not a span of time; write for instance \"24h\"");
	if (span_parse(json_string_value(value), &seconds) < 0 || seconds < m->min ||
	    seconds > m->max) {
		snprintf(range, sizeof(range), "is out of range; from %s to %s",
			 span_text(m->min, least), span_text(m->max, most));
		return reader_refuse_value(r, value, range);
	}
	*(uint64_t *)field = seconds;
	return 0;
}

int reader_text(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const char *text = json_string_value(value);

	if (!text)
		return reader_refuse_value(r, value, "is not a text");
	if (strlen(text) >= m->max)
		return reader_refuse(r, "%zu bytes long; at most %llu", strlen(text),
				     (unsigned long long)m->max - 1);
	/* It is shown on terminals and in notices: no escape sequences. */
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (*c < 0x20 || *c == 0x7f)
			return reader_refuse_value(r, value, "has a control character");
	memcpy(field, text, strlen(text) + 1);
	return 0;
}

int reader_bool(struct reader *r, const struct member *m, json_t *value, void *field)
{
	(void)m;
	if (!json_is_boolean(value))
		return reader_refuse_value(r, value, "is neither true nor false");
	*(bool *)field = json_is_true(value);
	return 0;
}
