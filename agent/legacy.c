// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/daemon.h"
#include "agent/legacy-hear.h"
#include "agent/legacy.h"
#include "agent/round.h"

#define LIMIT_MS    5000
#define AGAIN_MS    1000 /* until rules that are others than before are read once more */
#define STIRS_MAX   10
#define CHANGES_MAX 4		    /* then they are judged as they are */
#define SOON_MS	    4000	    /* rules change at any time */
#define LATE_MS	    (5 * 60 * 1000) /* tables come once, and stay */
#define OLD_MS	    (2 * 60 * 1000) /* rules that were told that long ago may be others by now */

static bool is_demanded(const struct daemon *d)
{
	for (size_t i = 0; d->host.legacy && d->policy && i < d->policy->n_requirements; i++)
		if (d->policy->requirements[i].check == CHECK_FIREWALL)
			return true;
	return false;
}

/* A look saw such as nobody read. */
static bool is_unread(const struct daemon *d)
{
	for (size_t i = 0; i < d->n_subjects; i++)
		if (d->subjects[i].finding.unread)
			return true;
	return false;
}

static bool has_tables(const struct daemon *d)
{
	return d->tables.is.ip4 || d->tables.is.ip6;
}

bool legacy_is_there(const struct daemon *d)
{
	return is_demanded(d) && (has_tables(d) || is_unread(d));
}

bool legacy_told_since(const struct daemon *d, uint64_t then)
{
	return !has_tables(d) || d->tables.told >= then;
}

/* Tables come and go seldom; their rules do not. */
static bool is_old(const struct daemon *d)
{
	return io_boot_ms() - d->tables.told >= (has_tables(d) ? OLD_MS : LATE_MS + OLD_MS);
}

static bool is_same(const struct legacy *a, const struct xtables *of_a, const struct legacy *b,
		    const struct xtables *of_b)
{
	return a->known == b->known && a->ip4 == b->ip4 && a->ip6 == b->ip6 &&
	       !a->rules == !b->rules && of_a->len == of_b->len &&
	       (!of_a->len || !memcmp(of_a->bytes, of_b->bytes, of_a->len));
}

/* Another that was told is none any more. */
static void forget_other(struct tables *t)
{
	legacy_unmap(&t->other);
	t->others = (struct legacy){ 0 };
	t->changes = 0;
}

/* *rules are taken. */
static void put(struct tables *t, const struct legacy *is, struct xtables *rules)
{
	forget_other(t);
	legacy_unmap(&t->rules);
	t->rules = *rules;
	t->is = *is;
	if (is->rules)
		t->is.rules = &t->rules;
}

static void stop(struct tables *t)
{
	t->talk = sd_event_source_disable_unref(t->talk);
	t->limit = sd_event_source_disable_unref(t->limit);
	t->again = sd_event_source_disable_unref(t->again);
}

static int on_again(sd_event_source *s, uint64_t usec, void *userdata)
{
	(void)s, (void)usec;
	legacy_hurry(userdata);
	return 0;
}

static void ask_again(struct daemon *d)
{
	(void)!sd_event_add_time_relative(d->loop, &d->tables.again, CLOCK_MONOTONIC,
					  AGAIN_MS * 1000, 0, on_again, d);
}

/* Who waits takes what there is; else it has to be the same twice, or never to come to rest. */
static bool is_settled(const struct tables *t, const struct legacy *is, const struct xtables *rules)
{
	const bool waited = t->round || t->then[0] || !t->told || t->told < t->since;

	return waited || t->changes == CHANGES_MAX ||
	       (t->changes && is_same(&t->others, &t->other, is, rules));
}

/* *rules are taken.  Is there news to judge? */
static bool take_told(struct daemon *d, const struct legacy *is, struct xtables *rules)
{
	struct tables *t = &d->tables;
	const bool restless = t->changes == CHANGES_MAX;
	bool settled;

	if (is_same(&t->is, &t->rules, is, rules)) {
		t->told = t->began;
		forget_other(t);
		legacy_unmap(rules);
		if (t->stirs && t->stirs--)
			ask_again(d);
		return false;
	}
	t->stirs = 0;
	settled = is_settled(t, is, rules);
	if (settled) {
		put(t, is, rules);
		t->told = t->began;
	} else {
		legacy_unmap(&t->other);
		t->other = *rules;
		t->others = *is;
		t->changes++;
	}
	/* Such are left to the next look: nobody is asked each second for ever. */
	if (!restless)
		ask_again(d);
	return settled;
}

/* What was told before counts until it is old; that there were none is then not known, either. */
static bool doubt(struct daemon *d, const struct legacy *is, const struct fault *fault)
{
	const struct legacy nothing = { 0 };
	struct tables *t = &d->tables;
	struct xtables none = { 0 };
	struct legacy left = has_tables(d) ? t->is : nothing;

	if (strcmp(t->why, fault->why) != 0)
		log_warn("%s", fault->why);
	snprintf(t->why, sizeof(t->why), "%s", fault->why);
	if (t->told && !is_old(d))
		return false;
	if (is->known)
		left = *is;
	left.rules = NULL;
	if (is_same(&t->is, &t->rules, &left, &none))
		return false;
	put(t, &left, &none);
	return true;
}

static int on_talk(sd_event_source *s, int fd, uint32_t revents, void *userdata);
static int on_limit(sd_event_source *s, uint64_t usec, void *userdata);

static int open_talk(struct daemon *d, struct fault *fault)
{
	struct tables *t = &d->tables;
	_close_ int fd = helper_legacy(&d->helpers, fault);
	int r = fd < 0 ? fd : sd_event_add_io(d->loop, &t->talk, fd, EPOLLIN, on_talk, d);

	if (r < 0)
		return r;
	sd_event_source_set_io_fd_own(t->talk, true);
	take_fd(&fd);
	return sd_event_add_time_relative(d->loop, &t->limit, CLOCK_MONOTONIC, LIMIT_MS * 1000, 0,
					  on_limit, d);
}

static void start(struct daemon *d)
{
	const struct legacy unknown = { 0 };
	struct fault fault = { 0 };
	int r;

	d->tables.again = sd_event_source_disable_unref(d->tables.again);
	d->tables.asked = d->tables.began = io_boot_ms();
	r = open_talk(d, &fault);
	if (r >= 0)
		return;
	stop(&d->tables);
	fault_set(&fault, r, "%s", strerror(-r));
	fault_prefix(&fault, "lazaret-legacy cannot be asked");
	(void)doubt(d, &unknown, &fault);
}

/* Those that wait for the next answer wait for this one from now on. */
static void take_waiting(struct tables *t, legacy_then due[LEGACY_THENS])
{
	memcpy(due, t->then, sizeof(t->then));
	memcpy(t->then, t->later, sizeof(t->then));
	memset(t->later, 0, sizeof(t->later));
	t->more |= t->then[0] != NULL;
}

/* For whoever waited; who came meanwhile gets an answer that is as young. */
static void tell_them(struct daemon *d, bool news, bool told)
{
	struct tables *t = &d->tables;
	legacy_then due[LEGACY_THENS];

	take_waiting(t, due);
	news |= t->round;
	t->round = false;
	if (t->more && is_demanded(d))
		start(d);
	t->more = false;
	if (news)
		round_look(d, "told by lazaret-legacy");
	for (size_t i = 0; i < LEGACY_THENS && due[i]; i++)
		due[i](d, told);
	if (t->then[0] && !t->talk)
		tell_them(d, false, false);
}

static void finish(struct daemon *d, int sock)
{
	struct tables *t = &d->tables;
	struct xtables rules = { 0 };
	struct fault fault = { 0 };
	struct legacy is = { 0 };
	bool news;
	int r = sock < 0 ? fault_set(&fault, -ETIMEDOUT, "lazaret-legacy gave no answer in time")
			 : legacy_hear(sock, &is, &rules, &fault);

	stop(t);
	/* The next one is not asked sooner because this one took long. */
	t->asked = io_boot_ms();
	if (r == 0)
		*t->why = '\0';
	news = r < 0 ? doubt(d, &is, &fault) : take_told(d, &is, &rules);
	tell_them(d, news, r == 0 || !has_tables(d));
}

static int on_talk(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	(void)s, (void)revents;
	finish(userdata, fd);
	return 0;
}

static int on_limit(sd_event_source *s, uint64_t usec, void *userdata)
{
	(void)s, (void)usec;
	finish(userdata, -1);
	return 0;
}

/* As if nobody had ever been asked. */
static void begin_anew(struct tables *t)
{
	stop(t);
	put(t, &(struct legacy){ 0 }, &(struct xtables){ 0 });
	t->asked = t->told = t->since = 0;
	t->stirs = 0;
}

void legacy_ask(struct daemon *d)
{
	struct tables *t = &d->tables;
	const bool soon = legacy_is_there(d) || !t->is.known;

	if (!is_demanded(d)) {
		begin_anew(t);
		tell_them(d, false, false);
	} else if (!t->talk && !t->again &&
		   (!t->asked || io_boot_ms() - t->asked >= (soon ? SOON_MS : LATE_MS))) {
		start(d);
	}
}

void legacy_hurry(struct daemon *d)
{
	struct tables *t = &d->tables;

	if (t->talk)
		t->more = true;
	else if (is_demanded(d))
		start(d);
}

void legacy_forget(struct daemon *d)
{
	d->tables.since = io_boot_ms();
	legacy_hurry(d);
}

void legacy_stirred(struct daemon *d)
{
	d->tables.stirs = STIRS_MAX;
	legacy_hurry(d);
}

static bool add(legacy_then list[LEGACY_THENS], legacy_then then)
{
	size_t i = 0;

	while (i < LEGACY_THENS && list[i] && list[i] != then)
		i++;
	if (i == LEGACY_THENS)
		return false;
	list[i] = then;
	return true;
}

bool legacy_await(struct daemon *d, legacy_then then)
{
	struct tables *t = &d->tables;

	if (t->talk)
		return add(t->later, then);
	legacy_hurry(d);
	return t->talk && add(t->then, then);
}

bool legacy_awaited(struct daemon *d)
{
	struct tables *t = &d->tables;
	const bool over = !t->told || t->told < t->since || (legacy_is_there(d) && is_old(d));

	if (!is_demanded(d))
		return false;
	if (!t->talk && (!t->asked || (over && (t->again || io_boot_ms() - t->asked >= SOON_MS))))
		start(d);
	/* Who has been told lately goes on by that. */
	t->round |= t->talk && over;
	return t->round;
}

void legacy_stop(struct daemon *d)
{
	begin_anew(&d->tables);
}
