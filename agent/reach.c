// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/base/proxy.h"
#include "agent/confirm.h"
#include "agent/daemon.h"
#include "agent/enforce.h"
#include "agent/login.h"
#include "agent/mirrors.h"
#include "agent/reach.h"
#include "agent/seek.h"
#include "agent/trigger/timer.h"

#define RELIST_SECONDS 5 /* after one that there was no memory for */
#define HURRY_SECONDS  5 /* a network that changes all the time is asked no faster */

static uint64_t now_s(void)
{
	return io_boot_ms() / 1000;
}

/* Of scheme://[user:password@]host[:port][/...]; an address is no name, and needs no resolver. */
static int name_of(const char *url, struct name *ret)
{
	const char *from = strstr(url, "://"), *at;
	char host[NAMED_ROOM];
	size_t n;

	from = from ? from + 3 : url;
	at = memrchr(from, '@', strcspn(from, "/"));
	from = at ? at + 1 : from;
	n = strcspn(from, ":/");
	if (n >= sizeof(host))
		return -EINVAL;
	snprintf(host, sizeof(host), "%.*s", (int)n, from);
	return name_read(host, false, ret, NULL);
}

/* Where this host's own refresh goes: the servers of lazaret.conf, or the proxy before them. */
static size_t own_names(const struct daemon *d, struct name ret[MIRRORS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < d->mirrors->n; i++) {
		const char *url = d->mirrors->at[i].url;
		char proxy[WIRE_URL_MAX] = "";
		struct name one;

		if (proxy_choose(d->config->proxy, url, proxy) == 0 &&
		    name_of(*proxy ? proxy : url, &one) == 0)
			names_add(ret, &n, &one);
		explicit_bzero(proxy, sizeof(proxy));
	}
	return n;
}

/* What may be asked for besides the policy's names. */
static size_t other_names(const struct daemon *d, struct name ret[MIRRORS_MAX + 1])
{
	const struct name *portal = login_name(d);
	size_t n = own_names(d, ret);

	if (portal)
		names_add(ret, &n, portal);
	return n;
}

static void make_list(struct daemon *d)
{
	_free_ struct found *found = calloc(d->known.n + 1, sizeof(*found));
	struct name more[MIRRORS_MAX + 1];
	struct allow new, old = d->allow;
	size_t n = other_names(d, more);

	if (found)
		known_found(&d->known, found);
	if (!found || allow_resolve(&d->policy->allow, found, d->known.n, more, n, &new) < 0) {
		log_err("out of memory: the allow-list stays as it was; trying again");
		d->relist = true;
		return;
	}
	d->relist = false;
	if (login_add(d, &new) < 0)
		log_err("out of memory: no portal is open");
	d->allow = new;
	confirm_renew(d);
	allow_free(&old);
	d->relay |= d->laid;
}

/* Who is compliant asks once, to know them when it is quarantined. */
static bool are_needed(const struct daemon *d)
{
	for (size_t i = 0; i < d->known.n; i++)
		if (!d->known.at[i].asked || d->known.at[i].hurry)
			return true;
	return d->history->state != STATE_COMPLIANT;
}

static void arm(struct daemon *d)
{
	uint64_t next = known_next(&d->known), now = now_s();

	if (d->relist)
		next = now + RELIST_SECONDS;
	else if (d->seek || next == UINT64_MAX || !are_needed(d))
		return;
	if (timer_arm(d->reach, next > now ? next - now : 1) < 0)
		log_err("cannot set the timer of the next look for names");
}

static void on_found(void *ctx, const struct fetch_found *f)
{
	struct daemon *d = ctx;
	char before[sizeof(d->known.at->fault)] = "";
	struct known_name *n = NULL;
	int r;

	for (size_t i = 0; i < d->known.n && !n; i++)
		if (!strncmp(d->known.at[i].name.text, f->name, NAMED_ROOM))
			n = &d->known.at[i];
	if (n)
		memcpy(before, n->fault, sizeof(before));
	r = known_take(&d->known, &d->policy->allow, f, now_s());
	if (n && *n->fault && strcmp(before, n->fault))
		log_warn("%s %s", n->name.text, n->fault);
	if (r <= 0 || !n)
		return;
	log_notice("%s: %zu address%s", n->name.text, n->n, n->n == 1 ? "" : "es");
	make_list(d);
	if (d->laid)
		enforce(d);
}

/* Whoever has not answered by now is as good as gone. */
static void on_done(void *ctx, const char *why)
{
	struct daemon *d = ctx;
	uint64_t now = now_s();

	if (*why)
		log_warn("names cannot be resolved: %s", why);
	for (size_t i = 0; i < d->known.n; i++) {
		struct known_name *n = &d->known.at[i];
		bool told = *n->fault;

		if (!n->waiting)
			continue;
		known_miss(n, *why ? why : "the resolver gave no answer in time", now);
		if (!told)
			log_warn("%s %s", n->name.text, n->fault);
	}
	d->seek = seek_free(d->seek);
	arm(d);
}

static void ask(struct daemon *d)
{
	static const struct seek_handlers handlers = { on_found, on_done };
	_free_ struct name *names = calloc(ALLOW_NAMED_MAX, sizeof(*names));
	uint64_t now = now_s();
	struct fault fault = { 0 };
	size_t n = 0;
	int r;

	for (size_t i = 0; names && i < d->known.n; i++) {
		struct known_name *one = &d->known.at[i];

		one->waiting = one->due <= now;
		if (!one->waiting)
			continue;
		one->asked = now;
		one->hurry = false;
		names[n++] = one->name;
	}
	if (!n)
		return;
	r = seek_start(d->loop, &d->helpers, names, n, &handlers, d, &d->seek, &fault);
	if (r < 0)
		on_done(d, *fault.why ? fault.why : strerror(-r));
}

void reach_round(struct daemon *d)
{
	if (!d->policy || d->policy->mode != MODE_ENFORCE || d->seek)
		return;
	if (known_expire(&d->known, now_s()) || d->relist) {
		make_list(d);
		if (d->laid)
			enforce(d);
	}
	if (are_needed(d))
		ask(d);
	arm(d);
}

void reach_renew(struct daemon *d)
{
	make_list(d);
	if (d->laid)
		enforce(d);
}

void reach_policy(struct daemon *d)
{
	d->seek = seek_free(d->seek);
	known_keep(&d->known, &d->policy->allow);
	allow_free(&d->allow); /* nothing of the policy before is to stay */
	make_list(d);
	d->relay = true;
}

void reach_hurry(struct daemon *d)
{
	for (size_t i = 0; i < d->known.n; i++) {
		struct known_name *n = &d->known.at[i];

		if (n->good || n->waiting)
			continue;
		n->hurry = true;
		if (n->due > n->asked + HURRY_SECONDS)
			n->due = n->asked + HURRY_SECONDS;
	}
	reach_round(d);
}

static int on_due(sd_event_source *s, uint64_t usec, void *userdata)
{
	(void)s, (void)usec;
	reach_round(userdata);
	return 0;
}

int reach_start(struct daemon *d)
{
	return timer_new(d->loop, on_due, d, &d->reach);
}

void reach_stop(struct daemon *d)
{
	d->seek = seek_free(d->seek);
	d->reach = sd_event_source_disable_unref(d->reach);
	allow_free(&d->allow);
}
