// SPDX-License-Identifier: GPL-2.0-or-later
/* One check of the policy, with the evidence of every probe behind its verdict. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/cli/ask.h"
#include "agent/cli/cli.h"
#include "agent/cli/put.h"
#include "agent/cli/requirement.h"

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

/* The newest first. */
static void show_repairs(const json_t *req)
{
	const json_t *last = json_object_get(req, "last_repairs"), *r;
	const json_t *remedy = json_object_get(req, "remedy");
	size_t i;

	if (json_is_true(json_object_get(remedy, "running")))
		printf("  being repaired: %s\n", text_of(remedy, "name"));
	json_array_foreach(last, i, r) {
		printf("  %s ", i ? "before that:" : "last repair:");
		put_repair(r);
	}
	if (int_of(remedy, "tried"))
		printf("  repairs tried since the policy came: %" PRId64 "\n",
		       int_of(remedy, "tried"));
}

static void show_all(const json_t *req, int64_t now)
{
	const json_t *rows = json_object_get(req, "evidence");

	put_grade(text_of(req, "grade"));
	printf("%s: %s\n", text_of(req, "id"), text_of(req, "what"));
	for (size_t i = 0; i < json_array_size(rows); i++)
		show_evidence(json_array_get(rows, i), now);
	put_items(req, "  - ");
	put_grace(req, now, "  ");
	show_repairs(req);
	put_undone(req, "  ");
	put_todo(req, "  ");
}

int command_check(const struct cli *cli, int argc, char **argv)
{
	bool accept = argc == 2 && !strcmp(argv[0], "firewall") && !strcmp(argv[1], "--accept");
	const json_t *reqs;
	json_t *all;
	int code;

	if (argc != 1 && !accept)
		return EXIT_USAGE;
	code = ask(cli, accept ? "accept" : argv[0], &all);
	if (code)
		return code;
	reqs = json_object_get(all, "requirements");
	code = requirements_exit(reqs);
	if (cli->json)
		put_json(all);
	for (size_t i = 0; !cli->json && i < json_array_size(reqs); i++)
		show_all(json_array_get(reqs, i), int_of(all, "now"));
	if (!cli->json && int_of(all, "left_out"))
		printf("and %" PRId64 " more, for which an answer has no room\n",
		       int_of(all, "left_out"));
	if (!cli->json && !json_array_size(reqs))
		printf("the policy does not demand the check %s\n", argv[0]);
	json_decref(all);
	return code;
}
