// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <systemd/sd-id128.h>

#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/control.h"
#include "agent/daemon.h"
#include "agent/helpdesk.h"
#include "agent/memory.h"
#include "agent/plain.h"
#include "agent/redeem.h"
#include "agent/round.h"
#include "agent/status.h"
#include "policy/token.h"

/* With it the id of the machine becomes one that tells nothing of it (machine-id(5)). */
#define APPLICATION SD_ID128_MAKE(6f, a1, 0c, 2e, 58, 94, 4d, 3b, 9e, 07, d2, 41, 7c, b8, 33, f5)

struct helpdesk {
	uint8_t host[HOST_ID];
	bool known; /* host is; else this machine has no id */
	struct redeem redeem;
	char report[WIRE_REPORT_MAX]; /* with the last refresh */
};

/* What could not be read may be read the next time. */
static int know(struct helpdesk *h)
{
	sd_id128_t id;
	int r = 0;

	if (!h->known)
		r = sd_id128_get_machine_app_specific(APPLICATION, &id);
	if (h->known || r < 0)
		return r;
	h->known = true;
	memcpy(h->host, id.bytes, sizeof(h->host));
	return 0;
}

int helpdesk_new(struct daemon *d, struct helpdesk **ret)
{
	struct helpdesk *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	h->redeem.daemon = d;
	r = know(h);
	if (r < 0)
		log_warn("this machine has no id (/etc/machine-id: %s): nobody can release it",
			 strerror(-r));
	*ret = h;
	return 0;
}

struct helpdesk *helpdesk_free(struct helpdesk *h)
{
	if (h)
		redeem_stop(&h->redeem);
	free(h);
	return NULL;
}

static struct moment moment(void)
{
	return (struct moment){ io_now(), io_boot_ms() };
}

/* The one in force; NULL: there is none.  A clock that is set back makes none longer. */
static const struct exemption *exemption(const struct daemon *d)
{
	const struct exemption *e = NULL;

	if (d->policy && know(d->helpdesk) == 0)
		e = exempt_find(&d->policy->exempt, d->helpdesk->host);
	return e && e->until > io_now() && e->until > d->floor ? e : NULL;
}

json_t *helpdesk_json(const struct daemon *d)
{
	const struct leave *r = memory_leave(d->memory);
	const struct exemption *e = exemption(d);
	uint64_t left = leave_left(r, moment());
	char host[HOST_TEXT] = "";
	int64_t now = io_now();

	if (d->helpdesk->known)
		host_write(d->helpdesk->host, host);
	return json_pack("{s:s, s:I, s:o, s:I, s:o, s:i}", "host", host, "until",
			 (json_int_t)(left ? now + (int64_t)left : 0), "why",
			 plain_text(left ? r->why : ""), "exempt", (json_int_t)(e ? e->until : 0),
			 "exempt_why", plain_text(e ? e->reason : ""), "wrong",
			 (int)leave_wrong(r));
}

static void end(struct daemon *d, const char *how)
{
	leave_end(memory_leave(d->memory), how, memory_leave_tell, d->memory);
	log_entry(LOG_ID_RELEASE_ENDED, NULL, "the release of this host has ended: %s", how);
}

int64_t helpdesk_until(struct daemon *d)
{
	const struct leave *r = memory_leave(d->memory);
	const struct exemption *e = exemption(d);
	int64_t now = io_now(), until = 0;

	if (r->until && !d->policy->release.keys)
		end(d, "the policy lets nobody release hosts any more");
	else if (r->until && !leave_left(r, moment()))
		end(d, leave_set_back(r, now) ? "the clock was set back" : "its time is over");
	if (r->until)
		until = now + (int64_t)leave_left(r, moment());
	return e && e->until > until ? e->until : until;
}

static void report(struct daemon *d, char ret[WIRE_REPORT_MAX])
{
	const bool wanted = d->policy && d->policy->release.report && know(d->helpdesk) == 0;

	*ret = '\0';
	if (wanted)
		leave_report(memory_leave(d->memory), d->helpdesk->host, ret);
}

const char *helpdesk_report(struct daemon *d)
{
	report(d, d->helpdesk->report);
	return d->helpdesk->report;
}

/* What came since it began is told with the next one. */
void helpdesk_reported(struct daemon *d)
{
	char now[WIRE_REPORT_MAX];

	report(d, now);
	if (!*now || strcmp(now, d->helpdesk->report) != 0)
		return;
	leave_reported(memory_leave(d->memory), memory_leave_tell, d->memory);
	memory_keep(d->memory);
}

/* A challenge stays until it is answered or a day old, so that nobody can spoil another's call. */
static int ask(struct daemon *d, struct challenge *ret)
{
	struct leave *r = memory_leave(d->memory);
	uint64_t nonce = 0;

	if (!leave_asked(r, io_now())) {
		while (!nonce)
			if (getrandom(&nonce, sizeof(nonce), 0) != sizeof(nonce))
				return -EAGAIN;
		leave_ask(r, nonce, io_now(), memory_leave_tell, d->memory);
		memory_keep(d->memory);
	}
	memcpy(ret->host, d->helpdesk->host, HOST_ID);
	ret->nonce = r->nonce;
	return 0;
}

static char *show_challenge(struct daemon *d, uid_t who)
{
	const struct leave *r = memory_leave(d->memory);
	char text[CHALLENGE_TEXT];
	struct challenge c;
	json_t *all;

	if (ask(d, &c) < 0 || challenge_write(&c, text) < 0)
		return plain_refusal("no challenge could be made; try again");
	all = json_pack("{s:s, s:I, s:I, s:I, s:o, s:I, s:o}", "challenge", text, "max",
			(json_int_t)d->policy->release.max, "threshold",
			(json_int_t)d->policy->release.threshold, "wait",
			(json_int_t)leave_wait(r, who, io_boot_ms()), "contact",
			plain_text(d->policy->contact), "now", (json_int_t)io_now(), "release",
			helpdesk_json(d));
	return plain_answer(all);
}

static char *end_by_root(struct daemon *d, uid_t who)
{
	if (who)
		return plain_refusal("only root may end a release; use sudo");
	if (!memory_leave(d->memory)->until)
		return plain_refusal("no release is in force");
	end(d, "by root");
	round_look(d, "the release was ended by root");
	return status_text(d);
}

int helpdesk_verb(struct daemon *d, const char *argument, uid_t who, char **reply)
{
	struct fault fault = { 0 };

	if (!strcmp(argument, "end"))
		*reply = end_by_root(d, who);
	else if (know(d->helpdesk) < 0)
		*reply = plain_refusal("this machine has no id: /etc/machine-id is missing or "
				       "empty (systemd-machine-id-setup)");
	else if (!d->policy)
		*reply = plain_refusal("no policy was accepted yet");
	else if (!d->policy->release.keys)
		*reply = plain_refusal("the policy lets nobody release this host");
	else if (!*argument)
		*reply = show_challenge(d, who);
	else if (redeem(&d->helpdesk->redeem, argument, d->helpdesk->host, who, &fault) < 0)
		*reply = plain_refusal(fault.why);
	else
		return CONTROL_WAITS;
	return 0;
}
