// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/cli/ask.h"
#include "agent/cli/put.h"
#include "agent/cli/state.h"

static void show_state(const json_t *e)
{
	const char *state = text_of(e, "name");

	put(state_colour(state), state);
	printf(" %s\n", text_of(e, "text"));
}

static void show_failing(const json_t *e)
{
	printf("%s %s%s%s\n", text_of(e, "name"), int_of(e, "value") ? "fails" : "is met again",
	       *text_of(e, "text") ? ": " : "", text_of(e, "text"));
}

static void show_lacking(const json_t *e)
{
	printf("%s %s%s%s\n", text_of(e, "name"),
	       int_of(e, "value") ? "has deadlines" : "has no deadline any more",
	       *text_of(e, "text") ? ": " : "", text_of(e, "text"));
}

static void show_repair(const json_t *e)
{
	printf("%s: repair %s\n", text_of(e, "name"), text_of(e, "text"));
}

static void show_policy(const json_t *e)
{
	printf("policy %" PRId64 " accepted: %s\n", int_of(e, "value"), text_of(e, "text"));
}

static void show_clock(const json_t *e)
{
	const bool ahead = !strcmp(text_of(e, "name"), "ahead");
	int64_t by = int_of(e, "value");
	char span[SPAN_TEXT];

	if (!strcmp(text_of(e, "name"), "stopped")) {
		printf("lazaretd was stopped\n");
		return;
	}
	printf("the clock was set %s by %s: %s\n", by < 0 ? "back" : "forward",
	       span_text((uint64_t)(by < 0 ? -by : by), span),
	       ahead ? "it had been ahead since lazaretd started" : text_of(e, "text"));
}

static void show_release(const json_t *e)
{
	static const char *const words[][2] = {
		{ "challenge", "the challenge of a release was shown" },
		{ "granted", "released, " },
		{ "ended", "the release ended: " },
		{ "reported", "the policy server was told of releases and wrong tokens" },
		{ "refused", "a release was refused: " },
	};
	const char *what = text_of(e, "name");
	size_t i;

	if (!strncmp(what, "by-", 3)) {
		printf("a release was refused, asked for by %s%s: %s\n",
		       strcmp(what, "by-root") ? "user " : "", what + 3, text_of(e, "text"));
		return;
	}

	for (i = 0; i < COUNT(words) - 1; i++)
		if (!strcmp(words[i][0], what))
			break;
	printf("%s%s\n", words[i][1], text_of(e, "text"));
}

/* Only lazaretd has a use for these. */
static bool is_inner(const json_t *e)
{
	const char *name = text_of(e, "name");

	return !strcmp(text_of(e, "kind"), "release") &&
	       (!strcmp(name, "ends") || (!strcmp(name, "challenge") && !int_of(e, "value")));
}

static void show_firewall(const json_t *e)
{
	printf("the firewall is taken for good%s: %s\n",
	       int_of(e, "value") ? ", accepted by the administrator" : "", text_of(e, "text"));
}

static void show_tug(const json_t *e)
{
	printf("%s failed again %" PRId64 " times within an hour of repairs: %s\n",
	       text_of(e, "name"), int_of(e, "value"), text_of(e, "text"));
}

static void show_undone(const json_t *e)
{
	const char *by = text_of(e, "text");

	printf("%s: just before it failed: %s\n", text_of(e, "name"),
	       *by ? by : "nothing that is known");
}

static void show_reboot(const json_t *e)
{
	bool begun = !strcmp(text_of(e, "name"), "begun");

	printf("%s %s\n", begun ? "the host is restarted for" : "the host was not restarted:",
	       text_of(e, "text"));
}

static void show_portal(const json_t *e)
{
	printf("a captive portal was %s: %s\n", text_of(e, "name"), text_of(e, "text"));
}

/* Ladders are lazaretd's own notes: only --json shows them. */
static const struct {
	const char *kind;
	void (*show)(const json_t *e);
} kinds[] = {
	{ "state", show_state },     { "failing", show_failing }, { "repair", show_repair },
	{ "lacking", show_lacking }, { "policy", show_policy },	  { "clock", show_clock },
	{ "release", show_release }, { "tug", show_tug },	  { "undone", show_undone },
	{ "reboot", show_reboot },   { "portal", show_portal },	  { "firewall", show_firewall },
};

static void show_entry(const json_t *e)
{
	char at[CLOCK_TEXT];

	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (strcmp(kinds[i].kind, text_of(e, "kind")) || is_inner(e))
			continue;
		printf("%s  ", clock_text(int_of(e, "at"), at));
		kinds[i].show(e);
	}
}

int command_history(const struct cli *cli, int argc, char **argv)
{
	json_t *all = NULL, *rows;
	int code = argc == 1 ? ask(cli, argv[0], &all) : EXIT_USAGE;

	if (!all)
		return code;
	rows = json_object_get(all, "entries");
	if (cli->json)
		put_json(rows);
	for (size_t i = 0; !cli->json && i < json_array_size(rows); i++)
		show_entry(json_array_get(rows, i));
	code = int_of(all, "fault") ? EXIT_FAILED : 0;
	if (code)
		fprintf(stderr, "lazaret: the ledger cannot be read: %s\n",
			strerror((int)int_of(all, "fault")));
	json_decref(all);
	return code;
}
