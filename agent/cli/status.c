// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/cli/ask.h"
#include "agent/cli/path.h"
#include "agent/cli/put.h"
#include "agent/cli/requirement.h"
#include "agent/cli/restart.h"
#include "agent/cli/state.h"

static void show_state(const json_t *all)
{
	const char *state = text_of(all, "state");
	bool audit = !strcmp(text_of(all, "mode"), "audit");
	char at[CLOCK_TEXT], span[SPAN_TEXT];

	if (audit && strcmp(state, "unmanaged"))
		printf("audit only, nothing is blocked; this host would be ");
	put(state_colour(state), state);
	if (int_of(all, "since"))
		printf(" since %s (%s)", clock_text(int_of(all, "since"), at),
		       span_until(int_of(all, "since"), int_of(all, "now"), span));
	putchar('\n');
	if (*text_of(all, "enforce_fault"))
		printf("NOT ENFORCED: %s\n", text_of(all, "enforce_fault"));
	else if (json_is_true(json_object_get(all, "quarantine")))
		printf("network: quarantined, only what repair needs is open; %s\n",
		       !strcmp(text_of(all, "ownership"), "owned")
			       ? "nobody else can change its rules"
			       : "its rules are put back when somebody changes them");
}

/* What goes, or may go, past the quarantine. */
static void show_integrity(const json_t *all)
{
	const json_t *i = json_object_get(all, "integrity"), *facts = json_object_get(i, "facts");
	int64_t more = int_of(i, "all") - (int64_t)json_array_size(facts);
	char at[CLOCK_TEXT];

	for (size_t k = 0; k < json_array_size(facts); k++) {
		const json_t *f = json_array_get(facts, k);

		put(YELLOW, "integrity: ");
		printf("%s (since %s)\n", text_of(f, "what"), clock_text(int_of(f, "since"), at));
	}
	if (more > 0)
		printf("  and %" PRId64 " more\n", more);
}

/* What comes of a policy that nobody renews; nothing while it is fresh. */
static void show_age(const json_t *p, int64_t now)
{
	int64_t stale = int_of(p, "stale_at");
	const char *age = text_of(p, "age");
	char at[CLOCK_TEXT], span[SPAN_TEXT];

	if (!strcmp(age, "expiring"))
		printf("  expires in %s and nothing newer has come; tell its publisher\n",
		       span_until(now, int_of(p, "expires"), span));
	if (!strcmp(age, "stale"))
		printf("  for that it demands quarantine, since %s\n", clock_text(stale, at));
	else if (stale && strcmp(age, "fresh"))
		printf("  if nothing newer comes it demands quarantine, from %s on\n",
		       clock_text(stale, at));
}

static void show_policy(const json_t *all)
{
	const json_t *p = json_object_get(all, "policy");
	int64_t expires = int_of(p, "expires");
	char at[CLOCK_TEXT];

	if (int_of(p, "version"))
		printf("policy: version %" PRId64 ", %s %s\n", int_of(p, "version"),
		       !strcmp(text_of(p, "age"), "fresh") || !strcmp(text_of(p, "age"), "expiring")
			       ? "valid until"
			       : "EXPIRED on",
		       clock_text(expires, at));
	else
		printf("policy: none in force\n");
	if (!int_of(p, "version") && json_is_true(json_object_get(all, "quarantine")))
		printf("  held since boot until there is one; to do: sudo lazaret refresh, or to get off it:\n"
		       "  sudo systemctl disable --now lazaretd; sudo lazaretd --lift\n");
	show_age(p, int_of(all, "now"));
	if (*text_of(p, "fault"))
		printf("  last refresh failed: %s\n", text_of(p, "fault"));
}

/* Nothing is said while the policy names none and nothing is wrong. */
static void show_feed(const json_t *all)
{
	const json_t *f = json_object_get(all, "feed");
	char at[CLOCK_TEXT];

	if (json_is_true(json_object_get(f, "there")))
		printf("advisories: %" PRId64 " for %s %s, here since %s\n",
		       int_of(f, "advisories"), text_of(f, "distro"), text_of(f, "release"),
		       clock_text(int_of(f, "accepted"), at));
	if (*text_of(f, "fault"))
		printf("%s  feed not refreshed: %s\n",
		       json_is_true(json_object_get(f, "there")) ? "" : "advisories: none\n",
		       text_of(f, "fault"));
}

/* Hosts that the policy names: what is wrong with them, and in quarantine where they are. */
static void show_names(const json_t *all)
{
	const json_t *names = json_object_get(all, "names");
	bool quarantine = json_is_true(json_object_get(all, "quarantine"));

	for (size_t i = 0; i < json_array_size(names); i++) {
		const json_t *n = json_array_get(names, i);
		const json_t *at = json_object_get(n, "addresses");
		int64_t more = int_of(n, "all") - (int64_t)json_array_size(at);

		if (!quarantine && !*text_of(n, "fault"))
			continue;
		printf("  %s", text_of(n, "name"));
		if (quarantine)
			printf(" at %s",
			       json_array_size(at) ? "" : "no address but the policy's own");
		for (size_t k = 0; quarantine && k < json_array_size(at); k++)
			printf("%s%s", k ? ", " : "", json_string_value(json_array_get(at, k)));
		if (quarantine && more > 0)
			printf(" and %" PRId64 " more", more);
		if (*text_of(n, "fault"))
			printf("%s %s", quarantine ? ";" : "", text_of(n, "fault"));
		printf("\n");
	}
}

/* What lets the host out though the policy would not. */
static void show_release(const json_t *all)
{
	const json_t *r = json_object_get(all, "release");
	int64_t now = int_of(all, "now");
	char at[CLOCK_TEXT], span[SPAN_TEXT];

	if (int_of(r, "until"))
		printf("released until %s (%s), %s\n", clock_text(int_of(r, "until"), at),
		       span_until(now, int_of(r, "until"), span), text_of(r, "why"));
	if (int_of(r, "exempt"))
		printf("exempt by the policy until %s: %s\n", clock_text(int_of(r, "exempt"), at),
		       text_of(r, "exempt_why"));
	if (int_of(r, "wrong") > 1)
		printf("%" PRId64 " wrong tries in a row to release this host\n",
		       int_of(r, "wrong"));
}

static void show_host(const json_t *all)
{
	const char *host = text_of(json_object_get(all, "release"), "host");

	if (*host)
		printf("host: %s\n", host);
}

static void show(const json_t *all)
{
	const json_t *reqs = json_object_get(all, "requirements");

	show_state(all);
	show_release(all);
	show_portal(all);
	show_path(all);
	show_integrity(all);
	show_policy(all);
	show_host(all);
	show_feed(all);
	show_names(all);
	show_restart(all);
	for (size_t i = 0; i < json_array_size(reqs); i++)
		show_requirement(json_array_get(reqs, i), int_of(all, "now"));
}

static size_t show_unmet(const json_t *all)
{
	const json_t *reqs = json_object_get(all, "requirements");
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(reqs); i++) {
		const json_t *req = json_array_get(reqs, i);

		if (strcmp(text_of(req, "grade"), "pass"))
			show_requirement(req, int_of(all, "now")), n++;
	}
	return n;
}

static bool is_breached(const json_t *all)
{
	const json_t *reqs = json_object_get(all, "requirements");

	for (size_t i = 0; i < json_array_size(reqs); i++)
		if (!strcmp(text_of(json_array_get(reqs, i), "standing"), "breached"))
			return true;
	return false;
}

/* What no requirement tells; false: there is no more to say. */
static bool show_reason(const json_t *all)
{
	const json_t *policy = json_object_get(all, "policy");
	const char *state = text_of(all, "state");
	char at[CLOCK_TEXT];

	if (!int_of(policy, "version") || !strcmp(text_of(policy, "age"), "stale"))
		show_policy(all);
	else if (!strcmp(state, "held"))
		printf("  not judged here yet: it was started, woke up or came into another "
		       "network, or is\n  about to sleep; that takes seconds, a minute at most\n");
	else if (!strcmp(state, "quarantined") && !is_breached(all))
		printf("  what it was quarantined for is over; that was so several times within "
		       "the hour,\n  so it has to stay so until %s\n",
		       clock_text(int_of(all, "until"), at));
	else
		return false;
	return true;
}

/* Why it is as it is, on one screen: what is not met, and nothing else. */
static void show_why(const json_t *all)
{
	size_t unmet;

	show_state(all);
	show_release(all);
	show_restart(all);
	show_portal(all);
	unmet = show_unmet(all);
	if (show_reason(all)) {
		if (!unmet && *text_of(all, "contact"))
			printf("  contact: %s\n", text_of(all, "contact"));
	} else if (!unmet && json_array_size(json_object_get(all, "requirements"))) {
		printf("  each requirement is met\n");
	}
	show_integrity(all);
}

static int show_with(const struct cli *cli, const char *verb, void (*show_all)(const json_t *all))
{
	json_t *all = NULL;
	int code = ask(cli, verb, &all);

	if (!all)
		return code;
	if (cli->json)
		put_json(all);
	else
		show_all(all);
	code = state_exit(text_of(all, "state"));
	json_decref(all);
	return code;
}

int command_status(const struct cli *cli, int argc, char **argv)
{
	return argc == 1 ? show_with(cli, argv[0], show) : EXIT_USAGE;
}

int command_why(const struct cli *cli, int argc, char **argv)
{
	(void)argv;
	return argc == 1 ? show_with(cli, "status", show_why) : EXIT_USAGE;
}
