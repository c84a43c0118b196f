// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line of a host's user and administrator. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

#include "agent/base/cleanup.h"
#include "agent/base/span.h"
#include "agent/control.h"

#define RUNTIME_DIR  "/run/lazaret"
#define WAIT_SECONDS 330 /* a policy refresh is given up after 300 */

static const char usage[] = "usage: lazaret [--json] [--socket FILE] status | check | refresh\n"
			    "\n"
			    "  status    the host's state, and why\n"
			    "  check     look at everything now, then the status (root)\n"
			    "  refresh   fetch the policy now, then the status (root)\n"
			    "\n"
			    "exit status: 0 compliant, 1 the command failed, 2 usage, 3 in grace, "
			    "4 quarantined or held,\n"
			    "5 no policy accepted yet; in audit mode as it would be\n";

static const struct {
	const char *state, *colour;
	int exit;
} states[] = {
	{ "compliant", "32", 0 }, { "grace", "33", 3 },	    { "quarantined", "31", 4 },
	{ "held", "31", 4 },	  { "unmanaged", "33", 5 },
};

static const struct {
	const char *grade, *colour;
} grades[] = { { "pass", "32" }, { "fail", "31" }, { "unknown", "33" } };

/* In colour on a terminal, else plain. */
static void put(const char *colour, const char *text)
{
	if (isatty(1) && !getenv("NO_COLOR"))
		printf("\033[%sm%s\033[0m", colour, text);
	else
		printf("%s", text);
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static int64_t int_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static const char *clock_text(int64_t at, char out[32])
{
	time_t t = at;
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm);
	return out;
}

static const char *span_until(int64_t from, int64_t to, char out[SPAN_TEXT])
{
	return span_text(to > from ? (uint64_t)(to - from) : 0, out);
}

static int show_state(const json_t *all)
{
	const char *state = text_of(all, "state");
	bool audit = !strcmp(text_of(all, "mode"), "audit");
	char at[32], span[SPAN_TEXT];
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(*states) - 1; i++)
		if (!strcmp(states[i].state, state))
			break;
	if (audit && strcmp(state, "unmanaged"))
		printf("audit only, nothing is blocked; this host would be ");
	put(states[i].colour, state);
	printf(" since %s (%s)\n", clock_text(int_of(all, "since"), at),
	       span_until(int_of(all, "since"), int_of(all, "now"), span));
	if (*text_of(all, "enforce_fault"))
		printf("NOT ENFORCED: %s\n", text_of(all, "enforce_fault"));
	else if (json_is_true(json_object_get(all, "quarantine")))
		printf("network: quarantined, only what repair needs is open; %s\n",
		       !strcmp(text_of(all, "ownership"), "owned")
			       ? "nobody else can change its rules"
			       : "its rules are put back when somebody changes them");
	return states[i].exit;
}

/* What comes of a policy that nobody renews; nothing while it is fresh. */
static void show_age(const json_t *p, int64_t now)
{
	int64_t stale = int_of(p, "stale_at");
	const char *age = text_of(p, "age");
	char at[32], span[SPAN_TEXT];

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
	char at[32];

	if (int_of(p, "version"))
		printf("policy: version %" PRId64 ", %s %s\n", int_of(p, "version"),
		       !strcmp(text_of(p, "age"), "fresh") || !strcmp(text_of(p, "age"), "expiring")
			       ? "valid until"
			       : "EXPIRED on",
		       clock_text(expires, at));
	else
		printf("policy: none accepted yet\n");
	if (!int_of(p, "version") && json_is_true(json_object_get(all, "quarantine")))
		printf("  held since boot until there is one; to do: sudo lazaret refresh,\n"
		       "  or take it away as the README says\n");
	show_age(p, int_of(all, "now"));
	if (*text_of(p, "fault"))
		printf("  last refresh failed: %s\n", text_of(p, "fault"));
}

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

static void show_requirement(const json_t *req, int64_t now)
{
	const json_t *items = json_object_get(req, "items");
	const char *grade = text_of(req, "grade");
	char at[32], span[SPAN_TEXT];
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

static int show(const json_t *all)
{
	const json_t *reqs = json_object_get(all, "requirements");
	int code = show_state(all);

	show_policy(all);
	for (size_t i = 0; i < json_array_size(reqs); i++)
		show_requirement(json_array_get(reqs, i), int_of(all, "now"));
	return code;
}

static int exit_code(const json_t *all)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (!strcmp(states[i].state, text_of(all, "state")))
			return states[i].exit;
	return 1;
}

/* 0 and the answer, which the caller frees. */
static int ask(const char *path, const char *verb, char **ret)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const struct timeval wait = { .tv_sec = WAIT_SECONDS };
	_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	_free_ char *reply = calloc(1, CONTROL_REPLY_MAX + 1);
	ssize_t n;

	if (fd < 0 || !reply || strlen(path) >= sizeof(to.sun_path))
		return -EINVAL;
	strcpy(to.sun_path, path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    send(fd, verb, strlen(verb), MSG_NOSIGNAL) < 0)
		return -errno;
	n = recv(fd, reply, CONTROL_REPLY_MAX, 0);
	if (n <= 0)
		return n < 0 ? -errno : -ECONNRESET;
	*ret = take(reply);
	return 0;
}

static int run(const char *path, const char *verb, bool as_json)
{
	_free_ char *reply = NULL;
	json_t *all;
	int r = ask(path, verb, &reply), code;

	if (r < 0) {
		fprintf(stderr,
			"lazaret: no answer at %s: %s; is lazaretd running? (systemctl status "
			"lazaretd)\n",
			path, strerror(-r));
		return 1;
	}
	all = json_loads(reply, 0, NULL);
	if (!all || *text_of(all, "error") || !*text_of(all, "state")) {
		fprintf(stderr, "lazaret: %s: %s\n", verb,
			all && *text_of(all, "error") ? text_of(all, "error")
						      : "lazaretd gave no readable answer");
		json_decref(all);
		return 1;
	}
	if (as_json)
		puts(reply);
	code = as_json ? exit_code(all) : show(all);
	json_decref(all);
	return code;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "socket", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	static const char *const verbs[] = { "status", "check", "refresh" };
	const char *path = RUNTIME_DIR "/" CONTROL_SOCKET;
	bool as_json = false;
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (o) {
		case 'j': as_json = true; break;
		case 's': path = optarg; break;
		case 'h': fputs(usage, stdout); return 0;
		default: fputs(usage, stderr); return 2;
		}
	}
	for (size_t i = 0; optind == argc - 1 && i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strcmp(argv[optind], verbs[i]))
			return run(path, verbs[i], as_json);
	fputs(usage, stderr);
	return 2;
}
