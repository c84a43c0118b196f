// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "agent/cli/put.h"
#include "agent/cli/requirement.h"

static const struct {
	const char *grade, *colour;
} grades[] = { { "pass", GREEN }, { "fail", RED }, { "unknown", YELLOW } };

static void show_remedy(const json_t *req)
{
	const json_t *r = json_object_get(req, "remedy");

	if (!json_is_object(r))
		return;
	if (json_is_true(json_object_get(r, "running")))
		printf("      being repaired: %s\n", text_of(r, "name"));
	else if (strcmp(text_of(req, "grade"), "pass"))
		printf("      last repair: %s: %s\n", text_of(r, "name"), text_of(r, "outcome"));
}

static void show_repairs(const json_t *req, int64_t now)
{
	const json_t *r = json_object_get(req, "repairs"), *rest = json_object_get(r, "resting");
	bool fails = strcmp(text_of(req, "grade"), "pass");
	bool runs = json_is_true(json_object_get(json_object_get(req, "remedy"), "running"));
	int64_t due = int_of(r, "due");
	char span[SPAN_TEXT];

	if (int_of(r, "undone"))
		printf("      undone %" PRId64 " times within an hour of repairs\n",
		       int_of(r, "undone"));
	if (fails || int_of(r, "undone"))
		put_undone(r, "      ");
	for (size_t i = 0; i < json_array_size(rest); i++)
		printf("      %s was done again and again without effect and rests\n",
		       json_string_value(json_array_get(rest, i)));
	if (fails && !runs && due > now)
		printf("      next repair in %s\n", span_until(now, due, span));
}

void show_requirement(const json_t *req, int64_t now)
{
	const json_t *items = json_object_get(req, "items");
	const char *grade = text_of(req, "grade");
	char at[CLOCK_TEXT], span[SPAN_TEXT];
	size_t i;

	for (i = 0; i < sizeof(grades) / sizeof(*grades) - 1; i++)
		if (!strcmp(grades[i].grade, grade))
			break;
	printf("  ");
	put(grades[i].colour, grade);
	printf("%*s %-12s %s\n", (int)(8 - strlen(grade)), "", text_of(req, "id"),
	       text_of(req, "what"));
	for (i = 0; i < json_array_size(items); i++)
		printf("      %s\n", json_string_value(json_array_get(items, i)));
	if (int_of(req, "all") > (int64_t)json_array_size(items))
		printf("      and %" PRId64 " more\n",
		       int_of(req, "all") - (int64_t)json_array_size(items));
	show_repairs(req, now);
	if (!strcmp(grade, "pass"))
		return;
	if (!strcmp(text_of(req, "standing"), "grace"))
		printf("      time until %s (%s)\n", clock_text(int_of(req, "until"), at),
		       span_until(now, int_of(req, "until"), span));
	show_remedy(req);
	if (*text_of(req, "todo"))
		printf("      to do: %s\n", text_of(req, "todo"));
	if (*text_of(req, "contact"))
		printf("      contact: %s\n", text_of(req, "contact"));
}
