// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "agent/base/wire.h"
#include "tests/sim/clocks.h"
#include "tests/sim/host.h"

#define ANSWERS	      3 /* a fault may cost one */
#define RELEASE_TRIES 5
#define RELEASE_PAUSE 300 /* seconds; the longest that wrong tries wait */

DEFINE_DROP(json_t, json_decref)

static bool is_refused(const struct simulated *s)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };

	inet_pton(AF_INET, "198.51.100.9", &to.sin_addr);
	if (sendto(s->probe, "", 1, 0, (struct sockaddr *)&to, sizeof(to)) == 1)
		return false;
	if (errno != EPERM)
		host_fail("a packet could not be sent: %m");
	return true;
}

static bool read_requirement(const json_t *from, struct host_view *v)
{
	const char *grade, *standing;
	json_int_t until;

	if (v->n == HOST_REQUIREMENTS ||
	    json_unpack((json_t *)from, "{s:s, s:s, s:I}", "grade", &grade, "standing", &standing,
			"until", &until))
		return false;
	snprintf(v->of[v->n].grade, sizeof(v->of->grade), "%s", grade);
	snprintf(v->of[v->n].standing, sizeof(v->of->standing), "%s", standing);
	v->of[v->n++].until = until;
	return true;
}

static bool read_view(const char *text, struct host_view *ret)
{
	_drop_(drop_json_t) json_t *all = text ? json_loads(text, 0, NULL) : NULL;
	const char *state, *fault;
	json_t *requirements, *one;
	int quarantine;
	json_int_t now;
	size_t i;

	if (!all || json_unpack(all, "{s:s, s:b, s:s, s:I, s:o}", "state", &state, "quarantine",
				&quarantine, "enforce_fault", &fault, "now", &now, "requirements",
				&requirements))
		return false;
	*ret = (struct host_view){ .quarantine = quarantine, .now = now };
	snprintf(ret->state, sizeof(ret->state), "%s", state);
	snprintf(ret->fault, sizeof(ret->fault), "%s", fault);
	json_array_foreach(requirements, i, one)
		if (!read_requirement(one, ret))
			return false;
	return true;
}

static bool is_kept_in(const struct host_view *v)
{
	return !strcmp(v->state, "quarantined") || !strcmp(v->state, "held");
}

void host_look(struct simulated *s, struct host_view *ret)
{
	struct host_view v;
	bool answered = false;

	host_settle(s); /* so that no more happens between the answer and the packet */
	for (int i = 0; i < ANSWERS && !answered; i++) {
		_free_ char *text = host_ask(s, "status");

		answered = read_view(text, &v);
	}
	if (!answered)
		host_fail("it does not tell its status");
	v.held = is_refused(s);
	if (v.quarantine != v.held)
		host_fail("status says %s, and the network is %s", v.quarantine ? "held" : "open",
			  v.held ? "held" : "open");
	if (!strcmp(v.state, "unmanaged")) /* what was accepted may not be read: as it was */
		strcpy(v.state, s->seen.held ? "held" : "unmanaged");
	if (is_kept_in(&v) != v.held && !*v.fault)
		host_fail("%s, and the network is %s, and nothing says so", v.state,
			  v.held ? "held" : "open");
	if (is_kept_in(&s->seen) && s->seen.held && is_kept_in(&v) && !v.held)
		host_fail("a fault has opened the quarantine: %s", v.fault);
	s->seen = *ret = v;
}

/* What the person at the helpdesk answers to a challenge, after the word "release". */
static void grant(const struct simulated *s, const char *challenge, char *ret, size_t room)
{
	char command[400];
	FILE *p;

	snprintf(command, sizeof(command),
		 "cd %s/.. && bin/lazaret-policy release --challenge %.39s --for 1h --reason why "
		 "--key helpdesk.pem 2>/dev/null",
		 s->path, challenge);
	p = popen(command, "r");
	if (!p || !fgets(ret, (int)room, p))
		host_fail("no token for %s", challenge);
	pclose(p);
	ret[strcspn(ret, "\n")] = '\0';
}

void host_release(struct simulated *s)
{
	static const char before[] = "\"challenge\":\"", release[] = "release ";

	for (int i = 0; i < RELEASE_TRIES && strcmp(s->seen.state, "released"); i++) {
		_free_ char *asked = host_ask(s, "release");
		const char *from = asked ? strstr(asked, before) : NULL;
		char verb[CONTROL_VERB_MAX] = "release ";

		clocks_pass(RELEASE_PAUSE * HOST_SECOND);
		if (!from)
			continue;
		grant(s, from + strlen(before), verb + strlen(release),
		      sizeof(verb) - strlen(release));
		free(host_ask(s, verb));
		host_look(s, &s->seen);
	}
}
