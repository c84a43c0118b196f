// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/cli/cli.h"
#include "agent/cli/put.h"
#include "agent/cli/requirement.h"

#define INDENT "      "

static const struct {
	const char *grade, *colour;
} grades[] = { { "pass", GREEN }, { "fail", RED }, { "unknown", YELLOW } };

static const struct {
	const char *standing;
	int exit;
} standings[] = {
	{ "met", 0 },
	{ "grace", EXIT_GRACE },
	{ "unjudged", EXIT_HELD },
	{ "breached", EXIT_HELD },
};

void put_items(const json_t *req, const char *indent)
{
	const json_t *items = json_object_get(req, "items");
	int64_t more = int_of(req, "all") - (int64_t)json_array_size(items);

	for (size_t i = 0; i < json_array_size(items); i++)
		printf("%s%s\n", indent, json_string_value(json_array_get(items, i)));
	if (more > 0)
		printf("%sand %" PRId64 " more\n", indent, more);
}

void put_undone(const json_t *req, const char *indent)
{
	const json_t *repairs = json_object_get(req, "repairs");
	char at[CLOCK_TEXT];

	if (*text_of(repairs, "by"))
		printf("%sjust before it failed at %s: %s\n", indent,
		       clock_text(int_of(repairs, "by_at"), at), text_of(repairs, "by"));
}

void put_grace(const json_t *req, int64_t now, const char *indent)
{
	int64_t until = int_of(req, "until");
	char at[CLOCK_TEXT], span[SPAN_TEXT];

	if (!strcmp(text_of(req, "standing"), "grace"))
		printf("%stime until %s (%s)\n", indent, clock_text(until, at),
		       span_until(now, until, span));
}

void put_todo(const json_t *req, const char *indent)
{
	if (*text_of(req, "todo"))
		printf("%sto do: %s\n", indent, text_of(req, "todo"));
}

void put_repair(const json_t *repair)
{
	char at[CLOCK_TEXT];

	printf("%s: %s (%s)\n", text_of(repair, "name"), text_of(repair, "outcome"),
	       clock_text(int_of(repair, "at"), at));
}

static void show_remedy(const json_t *req)
{
	const json_t *r = json_object_get(req, "remedy");

	if (!json_is_object(r))
		return;
	if (json_is_true(json_object_get(r, "running")))
		printf(INDENT "being repaired: %s\n", text_of(r, "name"));
	else if (strcmp(text_of(req, "grade"), "pass")) {
		printf(INDENT "last repair: ");
		put_repair(r);
	}
}

static void show_repairs(const json_t *req, int64_t now)
{
	const json_t *r = json_object_get(req, "repairs"), *rest = json_object_get(r, "resting");
	bool fails = strcmp(text_of(req, "grade"), "pass");
	bool runs = json_is_true(json_object_get(json_object_get(req, "remedy"), "running"));
	int64_t due = int_of(r, "due");
	char span[SPAN_TEXT];

	if (int_of(r, "undone"))
		printf(INDENT "undone %" PRId64 " times within an hour of repairs\n",
		       int_of(r, "undone"));
	if (fails || int_of(r, "undone"))
		put_undone(req, INDENT);
	for (size_t i = 0; i < json_array_size(rest); i++)
		printf(INDENT "%s was done again and again without effect and rests\n",
		       json_string_value(json_array_get(rest, i)));
	if (fails && !runs && due > now)
		printf(INDENT "next repair in %s\n", span_until(now, due, span));
}

void show_requirement(const json_t *req, int64_t now)
{
	const char *grade = text_of(req, "grade");
	size_t i;

	for (i = 0; i < COUNT(grades) - 1; i++)
		if (!strcmp(grades[i].grade, grade))
			break;
	printf("  ");
	put(grades[i].colour, grade);
	printf("%*s %-12s %s\n", (int)(8 - strlen(grade)), "", text_of(req, "id"),
	       text_of(req, "what"));
	put_items(req, INDENT);
	show_repairs(req, now);
	if (!strcmp(grade, "pass"))
		return;
	put_grace(req, now, INDENT);
	show_remedy(req);
	put_todo(req, INDENT);
	if (*text_of(req, "contact"))
		printf(INDENT "contact: %s\n", text_of(req, "contact"));
}

int requirements_exit(const json_t *reqs)
{
	int code = json_array_size(reqs) ? 0 : EXIT_NO_POLICY;

	for (size_t i = 0; i < json_array_size(reqs); i++)
		for (size_t k = 0; k < COUNT(standings); k++)
			if (!strcmp(text_of(json_array_get(reqs, i), "standing"),
				    standings[k].standing) &&
			    standings[k].exit > code)
				code = standings[k].exit;
	return code;
}
