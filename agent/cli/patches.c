// SPDX-License-Identifier: GPL-2.0-or-later
/* The fixes that this host lacks, and by when it must have them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/cli/ask.h"
#include "agent/cli/cli.h"
#include "agent/cli/put.h"
#include "agent/cli/requirement.h"

#define TRIES 3 /* when the findings change between two pages */

static bool is_same(const json_t *a, const json_t *b)
{
	return int_of(a, "when") == int_of(b, "when") && int_of(a, "all") == int_of(b, "all");
}

/*
 * Adds the page that begins there to *all, which is NULL before the first.  0 and the next one or
 * 0; -1: it does not go with the pages before; or an exit status.
 */
static int add_page(const struct cli *cli, json_t **all, int64_t from, int64_t *next)
{
	char verb[32];
	json_t *page;
	bool same;
	int code;

	snprintf(verb, sizeof(verb), "lacking %" PRId64, from);
	code = ask(cli, verb, &page);
	if (code)
		return code;
	*next = int_of(page, "next");
	if (!*all) {
		*all = page;
		return 0;
	}
	same = is_same(*all, page) && *next != from;
	if (same)
		json_array_extend(json_object_get(*all, "patches"),
				  json_object_get(page, "patches"));
	json_decref(page);
	return same ? 0 : -1;
}

static int ask_all(const struct cli *cli, json_t **ret)
{
	int code = -1;

	for (int i = 0; i < TRIES && code < 0; i++) {
		json_t *all = NULL;
		int64_t next = 0;

		do
			code = add_page(cli, &all, next, &next);
		while (code == 0 && next > 0);
		if (code == 0)
			*ret = all;
		else
			json_decref(all);
	}
	if (code >= 0)
		return code;
	fprintf(stderr, "lazaret: patches: they change all the time; try again later\n");
	return EXIT_FAILED;
}

static const char *colour_of(const json_t *p, int64_t now)
{
	int64_t until = int_of(p, "until");

	if (!json_is_true(json_object_get(p, "demanded")))
		return NULL;
	return until && until <= now ? RED : YELLOW;
}

static void put_padded(const char *colour, const char *text, int width)
{
	int room = width - (int)strlen(text);

	if (colour)
		put(colour, text);
	else
		printf("%s", text);
	printf("%*s", room > 0 ? room + 2 : 2, "");
}

static const struct column {
	const char *title, *key;
} columns[] = {
	{ "SEVERITY", "severity" }, { "PACKAGE", "package" }, { "INSTALLED", "installed" },
	{ "FIXED IN", "fixed" },    { "FROM", "from" },	      { "STATE", "state" },
};

#define COLUMNS	  COUNT(columns)
#define WIDTH_MAX 40 /* what is wider moves only its own row */

static void measure(const json_t *rows, bool more, int widths[COLUMNS])
{
	for (size_t c = 0; c < COLUMNS; c++) {
		widths[c] = (int)strlen(columns[c].title);
		for (size_t i = 0; i < json_array_size(rows); i++) {
			const json_t *p = json_array_get(rows, i);
			int len = (int)strlen(text_of(p, columns[c].key));

			if ((more || json_is_true(json_object_get(p, "demanded"))) &&
			    len > widths[c] && len <= WIDTH_MAX)
				widths[c] = len;
		}
	}
}

static void show_deadline(const json_t *p, int64_t now)
{
	int64_t until = int_of(p, "until");
	char at[CLOCK_TEXT], span[SPAN_TEXT], text[CLOCK_TEXT + SPAN_TEXT + 16];

	if (!json_is_true(json_object_get(p, "demanded"))) {
		printf("none%s%s\n", *text_of(p, "why") ? ": " : "", text_of(p, "why"));
		return;
	}
	if (!until) {
		printf("not known yet\n");
		return;
	}
	clock_text(until, at);
	if (until > now)
		snprintf(text, sizeof(text), "%s (in %s)", at, span_until(now, until, span));
	else
		snprintf(text, sizeof(text), "%s (%s ago)", at, span_until(until, now, span));
	put(until > now ? YELLOW : RED, text);
	printf(" %s\n", text_of(p, "because"));
}

/* Those with a deadline stand first, the most urgent at the top. */
static size_t show_table(const json_t *rows, int64_t now, bool more)
{
	int widths[COLUMNS];
	size_t n = 0;

	measure(rows, more, widths);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *p = json_array_get(rows, i);

		if (!more && !json_is_true(json_object_get(p, "demanded")))
			continue;
		for (size_t c = 0; !n && c < COLUMNS; c++)
			put_padded(NULL, columns[c].title, widths[c]);
		if (!n++)
			printf("DEADLINE\n");
		for (size_t c = 0; c < COLUMNS; c++)
			put_padded(c ? NULL : colour_of(p, now), text_of(p, columns[c].key),
				   widths[c]);
		show_deadline(p, now);
	}
	return n;
}

static void show(const json_t *all, bool more)
{
	const json_t *reqs = json_object_get(all, "requirements");
	int64_t now = int_of(all, "now"), when = int_of(all, "when");
	size_t n, shown = 0;
	char span[SPAN_TEXT];

	if (!json_array_size(reqs)) {
		printf("the policy does not demand the check patches\n");
		return;
	}
	for (size_t i = 0; i < json_array_size(reqs); i++) {
		const json_t *r = json_array_get(reqs, i);

		printf("%s: %s\n", text_of(r, "id"), text_of(r, "what"));
		put_todo(r, "  ");
		if (when && !strcmp(text_of(r, "grade"), "unknown"))
			printf("  below is what was known %s ago\n", span_until(when, now, span));
	}
	if (int_of(all, "all"))
		shown = show_table(json_object_get(all, "patches"), now, more);
	n = (size_t)int_of(all, "all") - shown;
	if (n)
		printf("%zu more without a deadline; see: lazaret patches --all\n", n);
}

int command_patches(const struct cli *cli, int argc, char **argv)
{
	bool more = argc == 2 && !strcmp(argv[1], "--all");
	json_t *all = NULL;
	int code = argc == 1 || more ? ask_all(cli, &all) : EXIT_USAGE;

	if (code)
		return code;
	code = requirements_exit(json_object_get(all, "requirements"));
	if (cli->json)
		put_json(all);
	else
		show(all, more);
	json_decref(all);
	return code;
}
