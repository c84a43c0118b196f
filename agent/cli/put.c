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

int put_json(const json_t *all)
{
	int r = json_dumpf(all, stdout, JSON_COMPACT);

	return putchar('\n') == EOF ? -1 : r;
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
