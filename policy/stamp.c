// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "policy/stamp.h"

#define YEAR_9999_END 253402300799

int stamp_write(int64_t at, char ret[STAMP_TEXT])
{
	time_t t = at;
	struct tm tm;

	if (at < 0 || at > YEAR_9999_END || !gmtime_r(&t, &tm))
		return -ERANGE;
	strftime(ret, STAMP_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return 0;
}

int stamp_parse(const char *text, int64_t *ret)
{
	struct tm tm = { 0 };
	char again[STAMP_TEXT];
	int64_t at;

	if (strlen(text) != STAMP_TEXT - 1 ||
	    sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		   &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return -EINVAL;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	at = timegm(&tm);
	/* timegm() turns February 30th into March; sscanf() takes blanks and signs. */
	if (stamp_write(at, again) < 0 || strcmp(again, text))
		return -EINVAL;
	*ret = at;
	return 0;
}
