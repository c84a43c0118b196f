// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "policy/window.h"

#define DAYS	  7
#define ALL_DAYS  ((1u << DAYS) - 1)
#define DAY_MIN	  (24 * 60)
#define DAY_CHARS 3

static const char names[DAYS][DAY_CHARS + 1] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

static int take_day(const char **at, unsigned *ret)
{
	for (unsigned i = 0; i < DAYS; i++)
		if (!strncasecmp(*at, names[i], DAY_CHARS)) {
			*at += DAY_CHARS;
			*ret = i;
			return 0;
		}
	return -EINVAL;
}

/* "Mon", or "Fri-Mon" over the end of the week. */
static int take_days(const char **at, uint8_t *days)
{
	unsigned from, to;

	if (take_day(at, &from) < 0)
		return -EINVAL;
	to = from;
	if (**at == '-') {
		(*at)++;
		if (take_day(at, &to) < 0)
			return -EINVAL;
	}
	for (unsigned i = from;; i = (i + 1) % DAYS) {
		*days |= (uint8_t)(1u << i);
		if (i == to)
			return 0;
	}
}

static int take_number(const char **at, unsigned max, unsigned *ret)
{
	const char *p = *at;

	if (!isdigit((unsigned char)p[0]) || !isdigit((unsigned char)p[1]))
		return -EINVAL;
	*ret = (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
	*at += 2;
	return *ret <= max ? 0 : -EINVAL;
}

static int take_time(const char **at, uint16_t *ret)
{
	unsigned hour, minute;

	if (take_number(at, 24, &hour) < 0 || *(*at)++ != ':' || take_number(at, 59, &minute) < 0)
		return -EINVAL;
	*ret = (uint16_t)(hour * 60 + minute);
	return *ret <= DAY_MIN ? 0 : -EINVAL;
}

int window_parse(const char *text, struct window *ret)
{
	struct window w = { 0 };

	while (isalpha((unsigned char)*text)) {
		if (take_days(&text, &w.days) < 0)
			return -EINVAL;
		if (*text == ',' && isalpha((unsigned char)text[1]))
			text++;
		else if (*text++ != ' ')
			return -EINVAL;
		else
			break;
	}
	if (!w.days)
		w.days = ALL_DAYS;
	if (take_time(&text, &w.from) < 0 || *text++ != '-' || take_time(&text, &w.to) < 0 || *text)
		return -EINVAL;
	if (w.from == w.to || w.from == DAY_MIN || !w.to)
		return -EINVAL;
	*ret = w;
	return 0;
}

/* So many minutes into the day that is so many days after the one of tm. */
static int64_t moment(const struct tm *tm, int days, int minutes, int *weekday)
{
	struct tm t = { .tm_year = tm->tm_year,
			.tm_mon = tm->tm_mon,
			.tm_mday = tm->tm_mday + days,
			.tm_hour = minutes / 60,
			.tm_min = minutes % 60,
			.tm_isdst = -1 };
	int64_t at = mktime(&t);

	*weekday = t.tm_wday;
	return at;
}

static bool opens_on(const struct window *w, const struct tm *today, int days, int64_t *from,
		     int64_t *to)
{
	int weekday, other;

	moment(today, days, DAY_MIN / 2, &weekday);
	*from = moment(today, days, w->from, &other);
	*to = moment(today, days + (w->to <= w->from), w->to, &other);
	return w->days >> weekday & 1 && *from < *to;
}

bool window_next(const struct window *list, size_t n, int64_t now, int64_t *from, int64_t *to)
{
	const time_t at = now;
	struct tm today;
	bool found = false;

	tzset();
	if (!localtime_r(&at, &today))
		return false;
	for (size_t i = 0; i < n; i++)
		for (int days = -1; days <= DAYS + 1; days++) {
			int64_t a, b;

			if (!opens_on(&list[i], &today, days, &a, &b) || b <= now ||
			    (found && a >= *from))
				continue;
			*from = a;
			*to = b;
			found = true;
		}
	return found;
}
