// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/base/peer.h"
#include "agent/base/wire.h"
#include "agent/confirm.h"
#include "agent/daemon.h"
#include "agent/enforce.h"
#include "agent/served.h"
#include "agent/trial.h"
#include "agent/trigger/timer.h"
#include "agent/way.h"
#include "agent/widen.h"

/* A wider list is given up again after this long, to see whether it is still needed. */
#define WIDE_SECONDS 3600

#define LIFT_SECONDS 10 /* until a detour that could not be taken away is tried again */

const char *const path_names[PATH_COUNT] = { "untried", "works", "silent", "shut" };
const char *const width_names[WIDTH_COUNT] = { "signed", "everyone", "known" };

struct confirm {
	struct daemon *daemon;
	int folder; /* ours, of the state */
	struct confirmed now;
	struct wider wider; /* what is open beside the policy's own list */
	struct allow list;  /* with that, when there is any: `out` is ours, the rest is borrowed */
	struct allow good;  /* of a policy before, until the one in force has worked */
	struct served known;
	struct way way;
	struct trial *trial;
	bool resting; /* what is laid next needs no trial: it had one */
	sd_event_source *again;
};

DEFINE_DROP(confirm, confirm_free)

const struct confirmed *confirm_state(const struct confirm *c)
{
	return &c->now;
}

const struct allow *confirm_list(const struct daemon *d)
{
	return d->confirm->now.width == WIDTH_SIGNED ? &d->allow : &d->confirm->list;
}

static void drop_list(struct confirm *c)
{
	free(c->list.out);
	c->list = (struct allow){ 0 };
	c->wider = (struct wider){ 0 };
	c->now.width = WIDTH_SIGNED;
}

static enum width width_of(const struct wider *w)
{
	if (w->n || w->dns_any)
		return WIDTH_KNOWN;
	return w->everyone ? WIDTH_EVERYONE : WIDTH_SIGNED;
}

static int set_wider(struct confirm *c, const struct wider *w)
{
	const struct wider wider = *w;
	struct allow list;
	int r;

	if (!wider_is(&wider)) {
		drop_list(c);
		return 0;
	}
	r = widen(&c->daemon->allow, &wider, &list);
	if (r < 0)
		return r;
	drop_list(c);
	c->wider = wider;
	c->list = list;
	c->now.width = width_of(&wider);
	return 0;
}

/* Lays what confirm_list() says now. */
static void lay(struct confirm *c)
{
	c->daemon->relay = true;
	enforce(c->daemon);
}

static void begin(struct confirm *c)
{
	if (trial_begin(c->trial) < 0)
		log_warn("whether the policy's servers can be reached was not found out: %s",
			 trial_seen(c->trial)->why);
}

/* Another way than the last one is a trial of its own. */
static void begin_anew(struct confirm *c)
{
	if (c->now.width == WIDTH_SIGNED)
		way_begin(&c->way, &c->daemon->allow);
	begin(c);
}

static void found(struct confirm *c, enum path path, const char *why)
{
	if (path != c->now.path || strcmp(why, c->now.why))
		c->now.at = io_now();
	c->now.path = path;
	memcpy(c->now.past, c->way.past, sizeof(c->now.past));
	snprintf(c->now.why, sizeof(c->now.why), "%s", why);
}

/* Told once: the same can be found again each time that something is laid. */
static void tell_leak(struct confirm *c)
{
	bool leak = c->daemon->laid && trial_seen(c->trial)->saw & FETCH_SAW_LEAK;

	if (leak && !c->now.leak)
		log_err("the quarantine leaks: a packet to an address that no list names was let "
			"out");
	c->now.leak = leak;
}

static void note_server(struct confirm *c, const struct peer *p)
{
	const struct allow *list = &c->daemon->policy->allow;
	char text[PEER_TEXT];
	int r;

	r = served_note(c->folder, &c->known, p);
	if (r < 0)
		log_warn("cannot keep the address of the policy server: %s", strerror(-r));
	if (!c->daemon->laid && !list->n_named && !widen_names(list, p))
		log_warn("this policy does not allow the server that it comes from (%s); in "
			 "quarantine that will be opened beside it",
			 peer_text(p, text));
}

/* What was opened in vain, since the network lied in the trial before, does not stay open. */
static void trim(struct confirm *c, const struct peer *server)
{
	struct wider less = c->wider;

	if (!wider_trim(&less, trial_seen(c->trial)->saw, server) || set_wider(c, &less) < 0)
		return;
	c->resting = true;
	lay(c);
}

static void worked(struct confirm *c, const struct fetch_server *s)
{
	const struct peer server = trial_peer(s);
	char why[sizeof(c->now.why)];

	note_server(c, &server);
	if (!c->daemon->laid)
		return;
	trim(c, &server);
	if (*c->way.past || c->now.width != WIDTH_SIGNED)
		timer_arm(c->again, WIDE_SECONDS);
	wider_why(&c->wider, why, sizeof(why));
	if (c->now.width == WIDTH_SIGNED) {
		log_info("the policy's servers answer in quarantine%s%s",
			 *c->way.past ? ", past the tunnel " : "", c->way.past);
		allow_free(&c->good);
	} else if (c->now.path != PATH_WORKS) {
		log_warn("the policy's list of whom to allow does not let repair out: %s", why);
	}
	found(c, PATH_WORKS, why);
}

/* A wider list when this host's own rules are known to be what is wrong with this one. */
static bool grow(struct confirm *c)
{
	struct served known = c->known;
	struct wider more = c->wider;

	served_read(AT_FDCWD, c->daemon->config->enrol, &known);
	return wider_add(&more, &c->daemon->allow, trial_seen(c->trial),
			 c->daemon->nft.who.level != 0, &known, &c->good) &&
	       set_wider(c, &more) == 0;
}

static void give_up(struct confirm *c)
{
	const struct trial_seen *seen = trial_seen(c->trial);
	bool shut = seen->saw & FETCH_SAW_REFUSAL;

	way_leave(&c->way);
	if (shut && c->now.path != PATH_SHUT)
		log_err("the quarantine's rules shut out the address that this network gives for "
			"the policy's server, and none was known by it: %s; if it is the server's, "
			"write it to the file `enrol` beside lazaret.conf",
			seen->why);
	found(c, shut ? PATH_SHUT : PATH_SILENT, seen->why);
	if (c->now.width == WIDTH_SIGNED)
		return;
	drop_list(c);
	c->resting = true;
	lay(c);
}

static void failed(struct confirm *c)
{
	const struct trial_seen *seen = trial_seen(c->trial);
	char why[sizeof(c->now.why)];

	if (!c->daemon->laid)
		return;
	if (!(seen->saw & FETCH_SAW_REFUSAL) && way_turn(&c->way, &c->daemon->allow)) {
		begin(c);
		return;
	}
	if (!grow(c)) {
		give_up(c);
		return;
	}
	log_notice("repair does not get out of the quarantine (%s): %s", seen->why,
		   wider_why(&c->wider, why, sizeof(why)));
	lay(c);
}

static void on_answer(void *ctx, const struct fetch_got *got, bool last)
{
	struct confirm *c = ctx;

	tell_leak(c);
	if (got->err == 0)
		worked(c, &got->server);
	else if (last)
		failed(c);
}

static void end_way(struct confirm *c)
{
	if (way_end(&c->way) < 0 && *c->way.past)
		timer_arm(c->again, LIFT_SECONDS);
}

static int on_again(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct confirm *c = userdata;

	(void)s, (void)usec;
	if (!c->daemon->laid) {
		end_way(c);
	} else if (c->daemon->policy && c->now.width != WIDTH_SIGNED) {
		drop_list(c);
		lay(c);
	} else if (c->daemon->policy && *c->way.past) {
		way_end(&c->way);
		begin_anew(c);
	}
	return 0;
}

void confirm_renew(struct daemon *d)
{
	struct confirm *c = d->confirm;

	if (set_wider(c, &c->wider) < 0)
		drop_list(c);
}

void confirm_laid(struct daemon *d)
{
	if (!d->confirm->resting)
		begin_anew(d->confirm);
	d->confirm->resting = false;
}

void confirm_lifted(struct daemon *d)
{
	struct confirm *c = d->confirm;

	trial_end(c->trial);
	sd_event_source_set_enabled(c->again, SD_EVENT_OFF);
	drop_list(c);
	end_way(c);
	c->now = (struct confirmed){ 0 };
	c->resting = false;
}

void confirm_again(struct daemon *d)
{
	struct confirm *c = d->confirm;

	if (!d->policy || d->policy->mode != MODE_ENFORCE || trial_runs(d->confirm->trial))
		return;
	if (d->laid)
		begin_anew(c);
	else
		begin(c);
}

void confirm_network(struct daemon *d)
{
	struct confirm *c = d->confirm;

	if (d->policy && d->laid && way_renew(&c->way, &d->allow))
		begin_anew(c);
}

void confirm_forget(struct daemon *d)
{
	struct confirm *c = d->confirm;
	bool tried = c->now.path == PATH_WORKS && c->now.width == WIDTH_SIGNED;

	drop_list(c);
	/* One that was never tried may be what the new one is, too. */
	if (d->policy && (tried || !c->good.n_out)) {
		allow_free(&c->good);
		c->good = d->allow;
		d->allow = (struct allow){ 0 };
	}
	c->now = (struct confirmed){ .leak = c->now.leak };
}

int confirm_new(struct daemon *d, struct confirm **ret)
{
	_drop_(drop_confirm) struct confirm *c = calloc(1, sizeof(*c));
	_free_ char *folder = io_path(d->config->state_dir, CONFIG_OWN);
	int r;

	if (!c || !folder)
		return -ENOMEM;
	*c = (struct confirm){ .daemon = d, .folder = -1 };
	c->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->folder < 0)
		return -errno;
	served_read(c->folder, SERVED_FILE, &c->known);
	r = timer_new(d->loop, on_again, c, &c->again);
	if (r == 0)
		r = trial_new(d, on_answer, c, &c->trial);
	if (r < 0)
		return r;
	*ret = take(c);
	return 0;
}

struct confirm *confirm_free(struct confirm *c)
{
	if (c) {
		trial_free(c->trial);
		sd_event_source_disable_unref(c->again);
		drop_list(c);
		allow_free(&c->good);
		drop_fd(&c->folder);
		free(c);
	}
	return NULL;
}
