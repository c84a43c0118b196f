// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/bus.h"
#include "agent/daemon.h"
#include "agent/integrity.h"
#include "agent/trigger/timer.h"
#include "netfilter/bypass.h"
#include "netfilter/counts.h"
#include "netfilter/links.h"

#define AGAIN_SECONDS 60
#define IDLE_SECONDS  1

enum {
	FACT_SENT,
	FACT_MOVED,
	FACT_BLIND,
	FACT_BUS,
	FACT_BYPASS
}; /* and BYPASS_ kinds from there on */

/* What a link had sent, and what was let out by it. */
struct mark {
	struct link link;
	struct count count;
	uint64_t at; /* CLOCK_BOOTTIME, milliseconds */
};

/* Since it is counted: that tells of a trickle.  Since the look before: of a burst in quiet times.
 */
struct counted {
	struct mark first, last;
};

struct integrity {
	struct daemon *daemon;
	sd_event_source *again;
	struct facts facts;
	struct counted *links;
	size_t n_links;
};

DEFINE_DROP(integrity, integrity_free)

static int on_again(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct integrity *i = userdata;

	(void)s, (void)usec;
	integrity_look(i->daemon);
	return 0;
}

int integrity_new(struct daemon *d, struct integrity **ret)
{
	_drop_(drop_integrity) struct integrity *i = calloc(1, sizeof(*i));
	int r;

	if (!i)
		return -ENOMEM;
	i->daemon = d;
	r = timer_new(d->loop, on_again, i, &i->again);
	if (r < 0)
		return r;
	*ret = take(i);
	return 0;
}

struct integrity *integrity_free(struct integrity *i)
{
	if (i) {
		sd_event_source_disable_unref(i->again);
		facts_free(&i->facts);
		free(i->links);
		free(i);
	}
	return NULL;
}

const struct facts *integrity_facts(const struct daemon *d)
{
	return &d->integrity->facts;
}

static void over(const struct fact *fact)
{
	log_notice("integrity: no longer: %s", fact->what);
}

static void see(struct integrity *i, unsigned kind, const char *link, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void see(struct integrity *i, unsigned kind, const char *link, const char *fmt, ...)
{
	char what[FACT_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (facts_see(&i->facts, kind, link, what, io_now()) > 0)
		log_warn("integrity: %s", what);
}

static void see_bypass(struct integrity *i, const struct bypass *b)
{
	const unsigned kind = FACT_BYPASS + b->kind;
	char name[IFNAMSIZ] = "";

	if (!if_indextoname(b->link, name))
		return; /* gone by now, and what was at it too */
	switch (b->kind) {
	case BYPASS_XDP:
		see(i, kind, name,
		    "%s runs an XDP program (id %u): it sees packets before "
		    "netfilter does, and can send its own",
		    name, b->number);
		break;
	case BYPASS_TC:
		see(i, kind, name,
		    "%s has a traffic control filter (%s): behind netfilter it can "
		    "change and redirect packets",
		    name, b->name);
		break;
	case BYPASS_SOCKET:
		see(i, kind, name,
		    "%s has an AF_XDP socket (of user %u): netfilter does not see "
		    "what it sends",
		    name, b->number);
		break;
	case BYPASS_KINDS: break;
	}
}

static const struct counted *find_counted(const struct integrity *i, const struct link *link)
{
	for (size_t k = 0; k < i->n_links; k++) {
		const struct link *l = &i->links[k].first.link;

		if (l->index == link->index && !strcmp(l->name, link->name))
			return &i->links[k];
	}
	return NULL;
}

/* Counters that began anew, of the rule or of the driver, cannot be compared with those before. */
static bool is_same_run(const struct mark *was, const struct mark *is)
{
	return was->count.rule == is->count.rule && was->count.packets <= is->count.packets &&
	       was->count.bytes <= is->count.bytes &&
	       was->link.sent_packets <= is->link.sent_packets &&
	       was->link.sent_bytes <= is->link.sent_bytes;
}

static uint64_t unexplained(const struct mark *was, const struct mark *is)
{
	const struct tally t = {
		.let_packets = is->count.packets - was->count.packets,
		.let_bytes = is->count.bytes - was->count.bytes,
		.sent_packets = is->link.sent_packets - was->link.sent_packets,
		.sent_bytes = is->link.sent_bytes - was->link.sent_bytes,
		.seconds = (is->at - was->at) / 1000,
	};

	return tally_unexplained(&t);
}

static void compare(struct integrity *i, const struct counted *was, const struct mark *is)
{
	const uint64_t all = unexplained(&was->first, is), some = unexplained(&was->last, is);
	const uint64_t n = all > some ? all : some;

	if (n)
		see(i, FACT_SENT, is->link.name,
		    "%s sent %llu packets or more that the quarantine did not let out: they go "
		    "past netfilter",
		    is->link.name, (unsigned long long)n);
}

/*
 * The counting rules are read before and after the links: before for a beginning, after for a
 * comparison, so that what passes meanwhile is never taken for a leak.
 */
static int compare_all(struct integrity *i, const struct links *links, const struct counts *before,
		       const struct counts *after)
{
	struct counted *list = calloc(links->n + 1, sizeof(*list));
	size_t n = 0;

	if (!list)
		return -ENOMEM;
	for (size_t k = 0; k < links->n; k++) {
		const struct link *link = &links->list[k];
		const struct count *start = counts_find(before, link->name);
		const struct count *end = counts_find(after, link->name);
		const struct counted *was = find_counted(i, link);
		struct mark is = { .link = *link, .at = io_boot_ms() };

		if (!link->bottom || !start || !end || start->rule != end->rule)
			continue;
		is.count = *end;
		if (was && is_same_run(&was->last, &is))
			compare(i, was, &is);
		else
			was = NULL;
		is.count = *start;
		list[n++] = (struct counted){ was ? was->first : is, is };
	}
	free(i->links);
	i->links = list;
	i->n_links = n;
	return 0;
}

static bool is_counted(const struct daemon *d)
{
	return d->laid && !d->nft.lacks.egress;
}

static int read_counts(struct integrity *i, struct counts *ret, struct fault *fault)
{
	return is_counted(i->daemon) ? counts_read(&i->daemon->nft, ret, fault) : 0;
}

/* Somebody who changes the ruleset all the time is met by the tamper watch, and not by this. */
static int look(struct integrity *i, struct links *links, struct fault *fault)
{
	_drop_(counts_free) struct counts before = { 0 }, after = { 0 };
	_drop_(bypass_free) struct bypasses found = { 0 };
	int r = read_counts(i, &before, fault);

	if (r == 0)
		r = links_read(links, fault);
	if (r == 0)
		r = read_counts(i, &after, fault);
	if (r == 0)
		r = compare_all(i, links, &before, &after);
	if (r == 0)
		r = bypass_read(links, &found, fault);
	for (size_t k = 0; r == 0 && k < found.n; k++)
		see_bypass(i, &found.list[k]);
	return r;
}

/* What was seen once stays true: until the quarantine is lifted, until the link is back. */
static void keep(struct integrity *i, const struct links *links, bool complete)
{
	for (size_t k = 0; k < i->facts.n; k++) {
		struct fact *f = &i->facts.list[k];

		f->seen |= !complete || (f->kind == FACT_SENT && i->daemon->laid) ||
			   (f->kind == FACT_MOVED && !links_find(links, f->link));
	}
}

static enum bus_state look_at_bus(struct integrity *i, int root)
{
	const enum bus_state bus = bus_look(root, BUS_WAIT_MS);

	switch (bus) {
	case BUS_WELL:
	case BUS_IDLE: break;
	case BUS_GONE:
		see(i, FACT_BUS, "",
		    "the system bus is gone, nobody listens at /run/dbus/system_bus_socket; looks "
		    "and repairs go on without it; systemctl start dbus.socket");
		break;
	case BUS_SILENT:
		see(i, FACT_BUS, "",
		    "the system bus does not answer: stopped by a signal, or frozen; looks and "
		    "repairs go on without it; systemctl kill -s CONT dbus, systemctl thaw dbus");
	}
	return bus;
}

void integrity_look(struct daemon *d)
{
	struct integrity *i = d->integrity;
	_drop_(links_free) struct links links = { 0 };
	struct fault fault = { 0 };
	enum bus_state bus;
	int r;

	facts_begin(&i->facts);
	r = look(i, &links, &fault);
	keep(i, &links, r == 0);
	if (r < 0 && r != -EINTR)
		see(i, FACT_BLIND, "", "not all was looked at: %s",
		    *fault.why ? fault.why : strerror(-r));
	bus = look_at_bus(i, d->host.root);
	facts_end(&i->facts, over);
	/* systemd ends the service, and then no longer listens, of which nothing tells. */
	if (bus == BUS_IDLE)
		(void)!timer_arm(i->again, IDLE_SECONDS);
	else if (is_counted(d))
		(void)!timer_arm(i->again, AGAIN_SECONDS);
}

void integrity_moved(struct daemon *d, const struct link *link)
{
	if (link->bottom)
		see(d->integrity, FACT_MOVED, link->name,
		    "%s went to another network namespace: the quarantine does not hold it there",
		    link->name);
}

void integrity_recount(struct daemon *d)
{
	d->integrity->n_links = 0;
}
