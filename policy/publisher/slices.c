// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "policy/publisher/slices.h"

static void skip(struct slice *s, size_t n)
{
	s->p += n;
	s->len -= n;
}

static void skip_blanks(struct slice *s)
{
	while (s->len && memchr(" \t\r\n", *s->p, 4))
		skip(s, 1);
}

static bool skip_char(struct slice *s, char c)
{
	skip_blanks(s);
	if (!s->len || *s->p != c)
		return false;
	skip(s, 1);
	return true;
}

static bool skip_string(struct slice *s)
{
	if (!skip_char(s, '"'))
		return false;
	while (s->len && *s->p != '"')
		skip(s, *s->p == '\\' && s->len > 1 ? 2 : 1);
	return skip_char(s, '"');
}

/* To the bracket that closes the one here. */
static bool skip_nest(struct slice *s)
{
	size_t depth = 0;

	do {
		if (!s->len)
			return false;
		if (*s->p == '"') {
			if (!skip_string(s))
				return false;
			continue;
		}
		if (*s->p == '{' || *s->p == '[')
			depth++;
		else if (*s->p == '}' || *s->p == ']')
			depth--;
		skip(s, 1);
	} while (depth);
	return true;
}

static bool skip_value(struct slice *s, struct slice *ret)
{
	bool ok = true;

	skip_blanks(s);
	ret->p = s->p;
	if (s->len && *s->p == '"')
		ok = skip_string(s);
	else if (s->len && (*s->p == '{' || *s->p == '['))
		ok = skip_nest(s);
	else
		while (s->len && !memchr(",]} \t\r\n", *s->p, 7))
			skip(s, 1);
	ret->len = (size_t)(s->p - ret->p);
	return ok && ret->len;
}

char slice_kind(struct slice text)
{
	skip_blanks(&text);
	return text.len ? *text.p : 0;
}

int slicer_open(struct slice text, struct slicer *ret, struct fault *fault)
{
	struct slicer s = { .rest = text, .bracket = slice_kind(text) };

	if (s.bracket != '{' && s.bracket != '[')
		return fault_set(fault, -EINVAL, "neither a JSON object nor an array");
	skip_char(&s.rest, s.bracket);
	*ret = s;
	return 0;
}

static int close_all(struct slicer *s, struct fault *fault)
{
	skip_blanks(&s->rest);
	return s->rest.len ? fault_set(fault, -EINVAL, "text behind the JSON") : 0;
}

int slicer_next(struct slicer *s, struct slice *name, struct slice *value, struct fault *fault)
{
	bool ok;

	if (skip_char(&s->rest, s->bracket == '{' ? '}' : ']'))
		return close_all(s, fault);
	ok = !s->begun || skip_char(&s->rest, ',');
	s->begun = true;
	skip_blanks(&s->rest);
	*name = (struct slice){ s->rest.p, 0 };
	if (ok && s->bracket == '{') {
		ok = skip_string(&s->rest);
		name->len = (size_t)(s->rest.p - name->p);
		ok = ok && skip_char(&s->rest, ':');
	}
	if (!ok || !skip_value(&s->rest, value))
		return fault_set(fault, -EINVAL, "cut short or malformed JSON");
	return 1;
}
