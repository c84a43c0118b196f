// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent/cli/put.h"

void put(const char *colour, const char *text)
{
	if (isatty(1) && !getenv("NO_COLOR"))
		printf("\033[%sm%s\033[0m", colour, text);
	else
		printf("%s", text);
}

const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

int64_t int_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

void put_undone(const json_t *repairs, const char *indent)
{
	const char *by = text_of(repairs, "by");
	char at[CLOCK_TEXT];

	if (*by)
		printf("%sjust before it failed at %s: %s\n", indent,
		       clock_text(int_of(repairs, "by_at"), at), by);
}

const char *clock_text(int64_t at, char out[CLOCK_TEXT])
{
	time_t t = at;
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(out, CLOCK_TEXT, "%Y-%m-%d %H:%M:%S", &tm);
	return out;
}

const char *span_until(int64_t from, int64_t to, char out[SPAN_TEXT])
{
	return span_text(to > from ? (uint64_t)(to - from) : 0, out);
}
