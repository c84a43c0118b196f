// SPDX-License-Identifier: GPL-2.0-or-later
/* One check of the policy, with the evidence of every probe behind its verdict. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/cli/ask.h"
#include "agent/cli/cli.h"
#include "agent/cli/put.h"

#define EXIT_UNDEMANDED 5

static const struct {
	const char *standing;
	int code; /* as of `lazaret status` */
} standings[] = { { "met", 0 }, { "grace", 3 }, { "unjudged", 4 }, { "breached", 4 } };

static void put_grade(const char *grade)
{
	put(!strcmp(grade, "pass") ? GREEN : !strcmp(grade, "fail") ? RED : YELLOW, grade);
	printf("%*s", (int)(strlen(grade) < 8 ? 8 - strlen(grade) : 1), "");
}

static void show_evidence(const json_t *e, int64_t now)
{
	char span[SPAN_TEXT];

	printf("  ");
	put_grade(text_of(e, "grade"));
	printf("%-26s %s%s, for %s\n", text_of(e, "probe"), text_of(e, "what"),
	       json_is_true(json_object_get(e, "demanded")) ? "" : " (not demanded)",
	       span_until(int_of(e, "since"), now, span));
}

static void show_requirement(const json_t *req, int64_t now)
{
	const json_t *rows = json_object_get(req, "evidence");
	const json_t *items = json_object_get(req, "items");
	const json_t *remedy = json_object_get(req, "remedy");
	char at[CLOCK_TEXT], span[SPAN_TEXT];

	put_grade(text_of(req, "grade"));
	printf("%s: %s\n", text_of(req, "id"), text_of(req, "what"));
	for (size_t i = 0; i < json_array_size(rows); i++)
		show_evidence(json_array_get(rows, i), now);
	for (size_t i = 0; i < json_array_size(items); i++)
		printf("  - %s\n", json_string_value(json_array_get(items, i)));
	if (int_of(req, "all") > (int64_t)json_array_size(items))
		printf("  - and %" PRId64 " more\n",
		       int_of(req, "all") - (int64_t)json_array_size(items));
	if (!strcmp(text_of(req, "standing"), "grace"))
		printf("  time until %s (%s)\n", clock_text(int_of(req, "until"), at),
		       span_until(now, int_of(req, "until"), span));
	if (json_is_object(remedy))
		printf("  last repair: %s: %s (%" PRId64 " tried since the policy came)\n",
		       text_of(remedy, "name"),
		       json_is_true(json_object_get(remedy, "running"))
			       ? "under way"
			       : text_of(remedy, "outcome"),
		       int_of(remedy, "tried"));
	put_undone(json_object_get(req, "repairs"), "  ");
	if (*text_of(req, "todo"))
		printf("  to do: %s\n", text_of(req, "todo"));
}

int exit_of(const json_t *reqs)
{
	int code = json_array_size(reqs) ? 0 : EXIT_UNDEMANDED;

	for (size_t i = 0; i < json_array_size(reqs); i++)
		for (size_t k = 0; k < sizeof(standings) / sizeof(*standings); k++)
			if (!strcmp(text_of(json_array_get(reqs, i), "standing"),
				    standings[k].standing) &&
			    standings[k].code > code)
				code = standings[k].code;
	return code;
}

int command_check(const struct cli *cli, int argc, char **argv)
{
	const json_t *reqs;
	json_t *all;
	int code;

	bool accept = argc == 2 && !strcmp(argv[0], "firewall") && !strcmp(argv[1], "--accept");

	if (argc != 1 && !accept)
		return EXIT_USAGE;
	code = ask(cli, accept ? "accept" : argv[0], &all);
	if (code)
		return code;
	reqs = json_object_get(all, "requirements");
	code = exit_of(reqs);
	if (cli->json)
		json_dumpf(all, stdout, JSON_INDENT(2));
	for (size_t i = 0; !cli->json && i < json_array_size(reqs); i++)
		show_requirement(json_array_get(reqs, i), int_of(all, "now"));
	if (cli->json)
		puts("");
	else if (!json_array_size(reqs))
		printf("the policy does not demand the check %s\n", argv[0]);
	json_decref(all);
	return code;
}
