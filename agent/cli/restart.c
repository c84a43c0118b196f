// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agent/cli/put.h"
#include "agent/cli/restart.h"

/* What is over, and told so. */
static void show_ended(const char *state, const char *why)
{
	if (!strcmp(state, "failed"))
		printf("this host could not be restarted for %s; not tried again for that\n"
		       "  to do: restart it by hand (what went wrong: lazaret history)\n",
		       why);
	else
		printf("this host was restarted for %s, and it still waits; not again for that\n",
		       why);
}

void show_restart(const json_t *all)
{
	const json_t *r = json_object_get(all, "restart");
	const char *state = text_of(r, "state");
	int64_t now = int_of(all, "now"), until = int_of(r, "until"), self = int_of(r, "at");
	char at[CLOCK_TEXT], span[SPAN_TEXT];

	if (!*state || !strcmp(state, "none"))
		return;
	put(YELLOW, "restart: ");
	if (!strcmp(state, "in-vain") || !strcmp(state, "failed")) {
		show_ended(state, text_of(r, "why"));
		return;
	}
	printf("%s for %s\n",
	       !strcmp(state, "begun")	     ? "this host goes down now"
	       : !strcmp(state, "announced") ? "is announced to all who are logged in"
					     : "this host needs one",
	       text_of(r, "why"));
	if (until)
		printf("  by %s (%s)\n", clock_text(until, at), span_until(now, until, span));
	if (self > now)
		printf("  by itself at %s (%s)%s\n", clock_text(self, at),
		       span_until(now, self, span),
		       json_is_true(json_object_get(r, "forced")) ? ", whoever is logged in" : "");
	if (*text_of(r, "outcome"))
		printf("  not yet: %s\n", text_of(r, "outcome"));
	if (!strcmp(state, "asked"))
		printf("  to do: save your work and restart it\n");
}
