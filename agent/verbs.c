// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/control.h"
#include "agent/daemon.h"
#include "agent/demands.h"
#include "agent/events.h"
#include "agent/helpdesk.h"
#include "agent/history.h"
#include "agent/inforce.h"
#include "agent/kept.h"
#include "agent/lacking.h"
#include "agent/legacy.h"
#include "agent/plain.h"
#include "agent/posture/patches.h"
#include "agent/round.h"
#include "agent/status.h"
#include "agent/verbs.h"
#include "agent/witness.h"

struct asked {
	struct daemon *daemon;
	const char *name, *argument; /* "" without one */
	uid_t who;
};

static int tell_status(const struct asked *a, char **reply)
{
	*reply = status_text(a->daemon);
	return 0;
}

static int tell_check(const struct asked *a, char **reply)
{
	*reply = status_check_text(a->daemon, (enum check)check_find(a->name));
	return 0;
}

static int tell_lacking(const struct asked *a, char **reply)
{
	unsigned long from;
	char *end;

	errno = 0;
	from = strtoul(a->argument, &end, 10);
	if (errno || *end || !isdigit((unsigned char)*a->argument))
		*reply = plain_refusal("lacking: the number of a row is to follow");
	else
		*reply = lacking_text(a->daemon, from);
	return 0;
}

static int tell_policy(const struct asked *a, char **reply)
{
	*reply = demands_text(a->daemon);
	return 0;
}

static int tell_history(const struct asked *a, char **reply)
{
	*reply = history_text(a->daemon);
	return 0;
}

static int do_release(const struct asked *a, char **reply)
{
	return helpdesk_verb(a->daemon, a->argument, a->who, reply);
}

static int do_hold(const struct asked *a, char **reply)
{
	events_sleep(a->daemon);
	return tell_status(a, reply);
}

static void check_now(struct daemon *d, bool told)
{
	_free_ char *reply = NULL;

	(void)told;
	round_look(d, "asked by the administrator");
	reply = status_text(d);
	control_release(d->control, "check", reply);
}

static int do_check(const struct asked *a, char **reply)
{
	events_wake(a->daemon);
	patches_forget(a->daemon->host.patches);
	witness_look(a->daemon);
	if (legacy_await(a->daemon, check_now))
		return CONTROL_WAITS;
	round_look(a->daemon, "asked by the administrator");
	return tell_status(a, reply);
}

static char *accept_text(struct daemon *d)
{
	struct fault fault = { 0 };

	return kept_accept(d, &fault) == 0 ? status_check_text(d, CHECK_FIREWALL)
					   : plain_refusal(fault.why);
}

static void accept_now(struct daemon *d, bool told)
{
	_free_ char *reply =
		told ? accept_text(d)
		     : plain_refusal("the rules of iptables-legacy could not be read; see why: "
				     "journalctl -u lazaretd -g lazaret-legacy");

	control_release(d->control, "accept", reply);
}

/* Not the one that lazaret-legacy told of before. */
static int do_accept(const struct asked *a, char **reply)
{
	if (legacy_await(a->daemon, accept_now))
		return CONTROL_WAITS;
	*reply = accept_text(a->daemon);
	return 0;
}

static int do_refresh(const struct asked *a, char **reply)
{
	inforce_refresh(a->daemon);
	return a->daemon->refresh ? CONTROL_WAITS : tell_status(a, reply);
}

static const struct verb {
	const char *name;
	int (*answer)(const struct asked *a, char **reply);
	enum { ANYBODY, ROOT } who;
	enum { ALONE, WITH_WORDS } form;
} verbs[] = {
	{ "status", tell_status, ANYBODY, ALONE },
	{ "policy", tell_policy, ANYBODY, ALONE },
	{ "history", tell_history, ANYBODY, ALONE },
	{ "lacking", tell_lacking, ANYBODY, WITH_WORDS },
	{ "release", do_release, ANYBODY, WITH_WORDS }, /* decides itself who may */
	{ "check", do_check, ROOT, ALONE },
	{ "refresh", do_refresh, ROOT, ALONE },
	{ "accept", do_accept, ROOT, ALONE },
	{ "hold", do_hold, ROOT, ALONE },
};

static const struct verb *find(const char *text, size_t len)
{
	static const struct verb check = { "", tell_check, ANYBODY, ALONE };

	for (size_t i = 0; i < COUNT(verbs); i++)
		if (strlen(verbs[i].name) == len && !memcmp(verbs[i].name, text, len) &&
		    (!text[len] || verbs[i].form == WITH_WORDS))
			return &verbs[i];
	return check_find(text) >= 0 ? &check : NULL;
}

int verbs_answer(void *ctx, const char *text, uid_t who, char **reply)
{
	size_t len = strcspn(text, " ");
	const struct asked a = { ctx, text, text + len + (text[len] == ' '), who };
	const struct verb *verb = find(text, len);

	if (verb && (verb->who == ANYBODY || !who))
		return verb->answer(&a, reply);
	*reply = plain_refusal(verb ? "only root may ask for this; use sudo" : "unknown verb");
	return 0;
}
