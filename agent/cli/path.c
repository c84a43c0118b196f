// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agent/cli/path.h"
#include "agent/cli/put.h"

static void show_who(const json_t *path)
{
	const char *why = text_of(path, "everyone");

	if (!strcmp(text_of(path, "who"), "repair"))
		printf("  open to the repair services only; for a command of yours: sudo "
		       "systemd-run --pty --slice=lazaret.slice COMMAND\n");
	else
		printf("  open to every program%s%s\n", *why ? ": " : "", why);
}

void show_path(const json_t *all)
{
	const json_t *path = json_object_get(all, "path");
	const char *found = text_of(path, "found"), *why = text_of(path, "why");
	const char *past = text_of(path, "past");

	if (!json_is_true(json_object_get(all, "quarantine")))
		return;
	show_who(path);
	if (json_is_true(json_object_get(path, "leak")))
		printf("  IT LEAKS: an address that no list names was not refused\n");
	if (!strcmp(found, "shut"))
		printf("  THE RULES SHUT REPAIR OUT: %s\n", why);
	else if (!strcmp(found, "silent"))
		printf("  the policy's servers do not answer: %s\n", why);
	else if (!strcmp(found, "works"))
		printf("  the policy's servers answer%s%s%s%s\n", *past ? ", past the tunnel " : "",
		       past, *why ? ", and the list is wider than the policy's: " : "", why);
}

void show_portal(const json_t *all)
{
	const json_t *p = json_object_get(all, "portal");
	const char *state = text_of(p, "state");
	int64_t now = int_of(all, "now");
	char at[CLOCK_TEXT], span[SPAN_TEXT];

	if (!strcmp(state, "open")) {
		put(YELLOW, "this network wants a login: ");
		printf("open %s in a browser, until %s (%s)\n", text_of(p, "page"),
		       clock_text(int_of(p, "until"), at),
		       span_until(now, int_of(p, "until"), span));
		printf("  it is this network alone that names the page; nothing else is open\n");
	} else if (!strcmp(state, "barred")) {
		put(YELLOW, "this network wants a login");
		printf(" at %s: %s", text_of(p, "page"), text_of(p, "why"));
		if (int_of(p, "next"))
			printf("; next try in %s", span_until(now, int_of(p, "next"), span));
		printf("\n");
	} else if (!strcmp(state, "unclear")) {
		printf("  no captive portal to be opened: %s\n", text_of(p, "why"));
	}
}
