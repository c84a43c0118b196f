// SPDX-License-Identifier: GPL-2.0-or-later
/* The policy in force: what it demands, for people. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/cli/ask.h"
#include "agent/cli/put.h"

static const char *span_of(const json_t *o, const char *key, char out[SPAN_TEXT])
{
	return span_text((uint64_t)int_of(o, key), out);
}

static void show_requirement(const json_t *req)
{
	const json_t *remedies = json_object_get(req, "remedies");
	char span[SPAN_TEXT];

	printf("  %-12s check %s, ", text_of(req, "id"), text_of(req, "check"));
	if (int_of(req, "grace"))
		printf("%s of grace\n", span_of(req, "grace", span));
	else
		printf("at once\n");
	for (size_t i = 0; i < json_array_size(remedies); i++)
		printf("%s%s", i ? ", then " : "      repaired by ",
		       json_string_value(json_array_get(remedies, i)));
	if (json_array_size(remedies))
		printf("\n");
	if (*text_of(req, "contact"))
		printf("      contact: %s\n", text_of(req, "contact"));
}

static void show_release(const json_t *doc)
{
	char span[SPAN_TEXT];

	if (int_of(doc, "release_keys"))
		printf("may be released for %s at most, by %" PRId64 " of %" PRId64 " keys\n",
		       span_of(doc, "release_max", span), int_of(doc, "release_threshold"),
		       int_of(doc, "release_keys"));
	if (int_of(doc, "exempt"))
		printf("%" PRId64 " exemptions of hosts\n", int_of(doc, "exempt"));
}

static void show(const json_t *all)
{
	const json_t *doc = json_object_get(all, "document");
	const json_t *reqs = json_object_get(doc, "requirements");
	bool audit = !strcmp(text_of(doc, "mode"), "audit");
	char at[CLOCK_TEXT], span[SPAN_TEXT];

	if (json_is_object(doc)) {
		printf("version %" PRId64 ", %s%s, signed until %s (%s)\n", int_of(all, "version"),
		       text_of(doc, "mode"), audit ? " (nothing is blocked)" : "",
		       clock_text(int_of(all, "expires"), at), text_of(all, "age"));
		printf("looked at every %s, and when something changes\n",
		       span_of(doc, "look_every", span));
	} else {
		printf("no policy was accepted yet\n");
	}
	if (int_of(all, "refreshed"))
		printf("last refreshed %s\n", clock_text(int_of(all, "refreshed"), at));
	if (*text_of(all, "fault"))
		printf("last refresh failed: %s\n", text_of(all, "fault"));
	for (size_t i = 0; i < json_array_size(reqs); i++)
		show_requirement(json_array_get(reqs, i));
	show_release(doc);
}

int command_policy(const struct cli *cli, int argc, char **argv)
{
	json_t *all = NULL;
	int code = argc == 1 ? ask(cli, argv[0], &all) : EXIT_USAGE;

	if (!all)
		return code;
	if (cli->json)
		put_json(all);
	else
		show(all);
	code = json_is_object(json_object_get(all, "document")) ? 0 : EXIT_NO_POLICY;
	json_decref(all);
	return code;
}
