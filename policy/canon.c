// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/canon.h"

static int put(FILE *out, const json_t *value, struct fault *fault);

static void put_string(FILE *out, const char *text, size_t len)
{
	fputc('"', out);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			fputc('\\', out);
		fputc(text[i], out);
	}
	fputc('"', out);
}

static int put_array(FILE *out, const json_t *array, struct fault *fault)
{
	const json_t *item;
	size_t i;
	int r;

	fputc('[', out);
	json_array_foreach(array, i, item) {
		if (i)
			fputc(',', out);
		r = put(out, item, fault);
		if (r < 0)
			return r;
	}
	fputc(']', out);
	return 0;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int put_members(FILE *out, const json_t *object, const char *const *names, size_t n,
		       struct fault *fault)
{
	int r;

	for (size_t i = 0; i < n; i++) {
		if (i)
			fputc(',', out);
		put_string(out, names[i], strlen(names[i]));
		fputc(':', out);
		r = put(out, json_object_get(object, names[i]), fault);
		if (r < 0)
			return r;
	}
	return 0;
}

static int put_object(FILE *out, const json_t *object, struct fault *fault)
{
	_free_ const char **names = calloc(json_object_size(object) + 1, sizeof(*names));
	const char *name;
	json_t *member;
	size_t n = 0;
	int r;

	if (!names)
		return -ENOMEM;
	json_object_foreach((json_t *)object, name, member) {
		names[n++] = name;
	}
	qsort(names, n, sizeof(*names), by_bytes);
	fputc('{', out);
	r = put_members(out, object, names, n, fault);
	fputc('}', out);
	return r;
}

static int put(FILE *out, const json_t *value, struct fault *fault)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT: return put_object(out, value, fault);
	case JSON_ARRAY: return put_array(out, value, fault);
	case JSON_STRING:
		put_string(out, json_string_value(value), json_string_length(value));
		return 0;
	case JSON_INTEGER:
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return 0;
	case JSON_REAL:
		return fault_set(fault, -EINVAL, "%g is not a whole number",
				 json_real_value(value));
	case JSON_TRUE: fputs("true", out); return 0;
	case JSON_FALSE: fputs("false", out); return 0;
	case JSON_NULL: fputs("null", out); return 0;
	}
	return -EINVAL;
}

int canon_write(const json_t *value, char **ret, size_t *len, struct fault *fault)
{
	_free_ char *text = NULL;
	FILE *out;
	size_t n;
	int r;

	out = open_memstream(&text, &n);
	if (!out)
		return -ENOMEM;
	r = put(out, value, fault);
	if (fclose(out) != 0 && r == 0)
		r = -ENOMEM;
	if (r < 0)
		return r;
	*len = n;
	*ret = take(text);
	return 0;
}
