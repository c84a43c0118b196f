// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <systemd/sd-event.h>
#include <systemd/sd-id128.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/base/msg.h"
#include "agent/base/span.h"
#include "agent/control.h"
#include "agent/daemon.h"
#include "agent/helpdesk.h"
#include "agent/memory.h"
#include "agent/plain.h"
#include "agent/round.h"
#include "agent/status.h"
#include "policy/token.h"

#define LIMIT_USEC (15 * 1000000ull)

/* With it the id of the machine becomes one that tells nothing of it (machine-id(5)). */
#define APPLICATION SD_ID128_MAKE(6f, a1, 0c, 2e, 58, 94, 4d, 3b, 9e, 07, d2, 41, 7c, b8, 33, f5)

struct helpdesk {
	uint8_t host[HOST_ID];
	bool known; /* host is; else this machine has no id */
	uid_t who;  /* has brought the token that is being looked at */
	sd_event_source *vet, *limit;
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

	(void)d;
	if (!h)
		return -ENOMEM;
	r = know(h);
	if (r < 0)
		log_warn("this machine has no id (/etc/machine-id: %s): nobody can release it",
			 strerror(-r));
	*ret = h;
	return 0;
}

static void stop_asking(struct helpdesk *h)
{
	h->vet = sd_event_source_disable_unref(h->vet);
	h->limit = sd_event_source_disable_unref(h->limit);
}

struct helpdesk *helpdesk_free(struct helpdesk *h)
{
	if (h)
		stop_asking(h);
	free(h);
	return NULL;
}

static void tell(void *ctx, const char *name, int64_t value, const char *text)
{
	memory_tell(ctx, ENTRY_RELEASE, name, value, "%s", text);
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
	leave_end(memory_leave(d->memory), how, tell, d->memory);
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
	leave_reported(memory_leave(d->memory), tell, d->memory);
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
		leave_ask(r, nonce, io_now(), tell, d->memory);
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

static void answer(struct daemon *d, char *reply)
{
	control_release(d->control, "release", reply);
	free(reply);
}

static void refuse(struct daemon *d, const char *why)
{
	struct leave *r = memory_leave(d->memory);
	char user[16];

	snprintf(user, sizeof(user), "%u", d->helpdesk->who);
	leave_refuse(r, d->helpdesk->who, why, io_boot_ms(), tell, d->memory);
	memory_keep(d->memory);
	log_entry(LOG_ID_RELEASE_REFUSED, LOG_FIELDS({ "LAZARET_USER", user }),
		  "a release that user %s asked for was refused: %s", user, why);
	answer(d, plain_refusal(why));
}

/*
 * Used up on disk before it opens anything, so that no restart lets it be used again; nor does what
 * keeping it says once more of what holds.
 */
static int use_up(struct daemon *d)
{
	struct leave *l = memory_leave(d->memory);
	const uint64_t nonce = leave_use_up(l, tell, d->memory);
	int r = memory_keep(d->memory);

	if (r < 0)
		l->nonce = nonce;
	return r;
}

static void grant(struct daemon *d, const struct vet_told *told)
{
	struct leave *r = memory_leave(d->memory);
	char span[SPAN_TEXT];

	if (use_up(d) < 0) {
		answer(d, plain_refusal("that the token is used up cannot be kept on disk; free "
					"some space there and try again"));
		return;
	}
	leave_grant(r, told, moment(), tell, d->memory);
	log_entry(LOG_ID_RELEASED, LOG_FIELDS({ "LAZARET_BY", told->who }),
		  "this host is released for %s, %s", span_text(told->seconds, span), r->why);
	round_look(d, "released");
	answer(d, status_text(d));
}

static bool is_whole(const struct vet_told *t)
{
	return wire_text_ok(t->reason) && wire_text_ok(t->who) && wire_text_ok(t->why);
}

static void judge_told(struct daemon *d, const struct vet_told *told)
{
	struct fault fault = { 0 };
	int r = told->err;

	if (r == -ENOMEM || r == -EIO) {
		answer(d, plain_refusal("the token could not be read; try again"));
		return;
	}
	if (r < 0)
		fault_set(&fault, r, "%s", told->why);
	else if (!d->policy || !d->policy->release.keys)
		r = fault_set(&fault, -EPERM, "the policy lets nobody release this host");
	else
		r = leave_check(memory_leave(d->memory), told, d->helpdesk->host,
				&d->policy->release, io_now(), &fault);
	if (r < 0)
		refuse(d, fault.why);
	else
		grant(d, told);
}

static int on_told(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct daemon *d = userdata;
	struct vet_told told;
	int r = msg_recv(fd, &told, sizeof(told), NULL, NULL, 0);

	(void)s, (void)revents;
	stop_asking(d->helpdesk);
	if (r < 0 || !is_whole(&told))
		answer(d, plain_refusal("lazaret-vet gave no answer; try again"));
	else
		judge_told(d, &told);
	return 0;
}

static int on_limit(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct daemon *d = userdata;

	(void)s, (void)usec;
	stop_asking(d->helpdesk);
	answer(d, plain_refusal("lazaret-vet took too long; try again"));
	return 0;
}

static int ask_vet(struct daemon *d, const char *text, struct fault *fault)
{
	const struct vet_ask ask = { .op = VET_RELEASE };
	struct helpdesk *h = d->helpdesk;
	struct vet_token token = { 0 };
	_close_ int fd = helper_vet(&d->helpers, fault);
	int r = fd;

	snprintf(token.text, sizeof(token.text), "%s", text);
	if (r >= 0)
		r = msg_send(fd, &ask, sizeof(ask), NULL, 0);
	if (r >= 0)
		r = msg_send(fd, &token, sizeof(token), NULL, 0);
	if (r >= 0)
		r = sd_event_add_time_relative(d->loop, &h->limit, CLOCK_BOOTTIME, LIMIT_USEC, 0,
					       on_limit, d);
	if (r >= 0)
		r = sd_event_add_io(d->loop, &h->vet, fd, EPOLLIN, on_told, d);
	if (r < 0)
		return r;
	sd_event_source_set_io_fd_own(h->vet, true);
	take_fd(&fd);
	return 0;
}

/* 0: lazaret-vet is looking at it. */
static int try(struct daemon *d, const char *text, uid_t who, struct fault *fault)
{
	uint64_t wait = leave_wait(memory_leave(d->memory), who, io_boot_ms());
	char span[SPAN_TEXT];
	int r;

	if (d->helpdesk->vet)
		return fault_set(fault, -EBUSY, "another token is being looked at; try again");
	if (strlen(text) >= WIRE_TOKEN_MAX)
		return fault_set(fault, -EMSGSIZE, "too long for a token");
	if (wait)
		return fault_set(fault, -EAGAIN,
				 "too many wrong tries; the next one is possible in %s",
				 span_text(wait, span));
	d->helpdesk->who = who;
	r = ask_vet(d, text, fault);
	if (r == 0)
		return 0;
	stop_asking(d->helpdesk);
	return fault_set(fault, r, "%s", strerror(-r));
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
	else if (try(d, argument, who, &fault) < 0)
		*reply = plain_refusal(fault.why);
	else
		return CONTROL_WAITS;
	return 0;
}
