// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/base/msg.h"
#include "agent/base/span.h"
#include "agent/control.h"
#include "agent/daemon.h"
#include "agent/memory.h"
#include "agent/plain.h"
#include "agent/redeem.h"
#include "agent/round.h"
#include "agent/status.h"

#define LIMIT_USEC (15 * 1000000ull)

void redeem_stop(struct redeem *r)
{
	r->vet = sd_event_source_disable_unref(r->vet);
	r->limit = sd_event_source_disable_unref(r->limit);
}

static void answer(struct daemon *d, char *reply)
{
	control_release(d->control, "release", reply);
	free(reply);
}

static void refuse(const struct redeem *r, const char *why)
{
	struct daemon *d = r->daemon;
	char user[16];

	snprintf(user, sizeof(user), "%u", r->who);
	leave_refuse(memory_leave(d->memory), r->who, why, io_boot_ms(), memory_leave_tell,
		     d->memory);
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
	const uint64_t nonce = leave_use_up(l, memory_leave_tell, d->memory);
	int r = memory_keep(d->memory);

	if (r < 0)
		l->nonce = nonce;
	return r;
}

static void grant(struct daemon *d, const struct vet_told *told)
{
	const struct moment now = { io_now(), io_boot_ms() };
	struct leave *l = memory_leave(d->memory);
	char span[SPAN_TEXT];

	if (use_up(d) < 0) {
		answer(d, plain_refusal("that the token is used up cannot be kept on disk; free "
					"some space there and try again"));
		return;
	}
	leave_grant(l, told, now, memory_leave_tell, d->memory);
	log_entry(LOG_ID_RELEASED, LOG_FIELDS({ "LAZARET_BY", told->who }),
		  "this host is released for %s, %s", span_text(told->seconds, span), l->why);
	round_look(d, "released");
	answer(d, status_text(d));
}

static bool is_whole(const struct vet_told *t)
{
	return wire_text_ok(t->reason) && wire_text_ok(t->who) && wire_text_ok(t->why);
}

static void judge_told(const struct redeem *r, const struct vet_told *told)
{
	struct daemon *d = r->daemon;
	struct fault fault = { 0 };
	int err = told->err;

	if (err == -ENOMEM || err == -EIO) {
		answer(d, plain_refusal("the token could not be read; try again"));
		return;
	}
	if (err < 0)
		fault_set(&fault, err, "%s", told->why);
	else if (!d->policy || !d->policy->release.keys)
		err = fault_set(&fault, -EPERM, "the policy lets nobody release this host");
	else
		err = leave_check(memory_leave(d->memory), told, r->host, &d->policy->release,
				  io_now(), &fault);
	if (err < 0)
		refuse(r, fault.why);
	else
		grant(d, told);
}

static int on_told(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct redeem *r = userdata;
	struct vet_told told;
	int err = msg_recv(fd, &told, sizeof(told), NULL, NULL, 0);

	(void)s, (void)revents;
	redeem_stop(r);
	if (err < 0 || !is_whole(&told))
		answer(r->daemon, plain_refusal("lazaret-vet gave no answer; try again"));
	else
		judge_told(r, &told);
	return 0;
}

static int on_limit(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct redeem *r = userdata;

	(void)s, (void)usec;
	redeem_stop(r);
	answer(r->daemon, plain_refusal("lazaret-vet took too long; try again"));
	return 0;
}

static int ask_vet(struct redeem *r, const char *text, struct fault *fault)
{
	const struct vet_ask ask = { .op = VET_RELEASE };
	struct sd_event *loop = r->daemon->loop;
	struct vet_token token = { 0 };
	_close_ int fd = helper_vet(&r->daemon->helpers, fault);
	int err = fd;

	snprintf(token.text, sizeof(token.text), "%s", text);
	if (err >= 0)
		err = msg_send(fd, &ask, sizeof(ask), NULL, 0);
	if (err >= 0)
		err = msg_send(fd, &token, sizeof(token), NULL, 0);
	if (err >= 0)
		err = sd_event_add_time_relative(loop, &r->limit, CLOCK_BOOTTIME, LIMIT_USEC, 0,
						 on_limit, r);
	if (err >= 0)
		err = sd_event_add_io(loop, &r->vet, fd, EPOLLIN, on_told, r);
	if (err < 0)
		return err;
	sd_event_source_set_io_fd_own(r->vet, true);
	take_fd(&fd);
	return 0;
}

int redeem(struct redeem *r, const char *token, const uint8_t host[HOST_ID], uid_t who,
	   struct fault *fault)
{
	uint64_t wait = leave_wait(memory_leave(r->daemon->memory), who, io_boot_ms());
	char span[SPAN_TEXT];
	int err;

	if (r->vet)
		return fault_set(fault, -EBUSY, "another token is being looked at; try again");
	if (strlen(token) >= WIRE_TOKEN_MAX)
		return fault_set(fault, -EMSGSIZE, "too long for a token");
	if (wait)
		return fault_set(fault, -EAGAIN,
				 "too many wrong tries; the next one is possible in %s",
				 span_text(wait, span));
	r->who = who;
	memcpy(r->host, host, sizeof(r->host));
	err = ask_vet(r, token, fault);
	if (err == 0)
		return 0;
	redeem_stop(r);
	return fault_set(fault, err, "lazaret-vet could not be asked: %s; try again",
			 strerror(-err));
}
