// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/base/span.h"
#include "agent/confirm.h"
#include "agent/control.h"
#include "agent/daemon.h"
#include "agent/enforce.h"
#include "agent/events.h"
#include "agent/helpdesk.h"
#include "agent/inforce.h"
#include "agent/integrity.h"
#include "agent/kept.h"
#include "agent/login.h"
#include "agent/memory.h"
#include "agent/mend.h"
#include "agent/network.h"
#include "agent/posture/patches.h"
#include "agent/posture/remembered.h"
#include "agent/reach.h"
#include "agent/reboot.h"
#include "agent/refresh.h"
#include "agent/remedy/ask.h"
#include "agent/round.h"
#include "agent/trigger/nftables.h"
#include "agent/trigger/timer.h"
#include "agent/verbs.h"

static int on_wake(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct daemon *d = userdata;

	(void)s, (void)usec;
	round_look_at(d, d->due, "due");
	return 0;
}

static int on_poll(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct daemon *d = userdata;

	(void)s, (void)usec;
	if (!d->refresh)
		inforce_refresh(d);
	return 0;
}

static int open_host(struct daemon *d, struct fault *fault)
{
	/* Without memory for it looks read everything each time. */
	d->host = (struct host){ .clamd = d->config->clamd_socket, .patches = patches_new() };
	d->host.remembered = remembered_new();
	if (!d->host.remembered)
		return -ENOMEM;
	/* Another root than this machine's own has neither its kernel nor its processes. */
	if (!strcmp(d->config->host_root, "/") && uname(&d->kernel) == 0) {
		d->host.kernel = &d->kernel;
		d->host.running = &d->processes;
		d->host.holders = &d->holders;
		d->host.legacy = &d->tables.is;
	}
	d->host.root = open(d->config->host_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (d->host.root < 0)
		return fault_set(fault, -errno, "[Agent] HostRoot=%s: %m", d->config->host_root);
	return 0;
}

static void mind_clock(struct daemon *d)
{
	int64_t by = memory_resume(d->memory, io_now());
	char span[SPAN_TEXT];

	if (by)
		log_entry(LOG_ID_CLOCK, NULL,
			  "the clock is %s behind what lazaretd saw before it was started; "
			  "deadlines keep the time that was left",
			  span_text((uint64_t)by, span));
}

/* The state folder also holds the store, so it may belong to somebody else: ours is below. */
static int open_memory(struct daemon *d, struct fault *fault)
{
	_free_ char *folder = io_path(d->config->state_dir, CONFIG_OWN);
	int r;

	if (!folder)
		return -ENOMEM;
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return fault_set(fault, -errno, "state folder %s: %m", folder);
	r = memory_open(folder, &d->memory, fault);
	if (!d->memory)
		return r;
	if (r < 0)
		log_warn("%s", fault->why);
	*fault = (struct fault){ 0 };
	mind_clock(d);
	d->history = memory_history(d->memory);
	return kept_open(d, folder, fault);
}

static int open_parts(struct daemon *d, struct fault *fault)
{
	int r = open_host(d, fault);

	if (r < 0)
		return r;
	/* First of all whether another one is at work: its socket is not for us to replace. */
	r = open_memory(d, fault);
	if (r == 0)
		r = control_new(d->loop, d->config->runtime_dir, verbs_answer, d, &d->control,
				fault);
	if (r == 0)
		r = helpdesk_new(d, &d->helpdesk);
	if (r == 0)
		r = mirrors_new(d->config->url, d->config->refresh, &d->mirrors);
	if (r == 0)
		r = confirm_new(d, &d->confirm);
	if (r == 0)
		r = login_new(d, &d->login);
	if (r == 0)
		r = reboot_new(d, &d->reboot);
	if (r == 0)
		r = timer_new(d->loop, on_wake, d, &d->wake);
	if (r == 0)
		r = timer_new(d->loop, on_poll, d, &d->poll);
	if (r == 0)
		r = reach_start(d);
	if (r == 0)
		r = integrity_new(d, &d->integrity);
	if (r == 0)
		r = events_new(d, &d->events);
	if (r == 0)
		r = network_start(d);
	return r;
}

int daemon_start(struct daemon *d)
{
	struct fault fault = { 0 };
	int r;

	d->nft.fd = -1;
	d->host.root = -1;
	d->clock = clock_start(io_now(), io_boot_ms());
	r = open_parts(d, &fault);
	if (r < 0) {
		log_err("%s", *fault.why ? fault.why : strerror(-r));
		return r;
	}
	enforce_adopt(d);
	inforce_read(d, true);
	round_begin(d);
	network_expect(d);
	round_look(d, "started");
	if (*d->config->url)
		inforce_refresh(d);
	else
		log_notice("no [Policy] URL= is set: only a policy already stored counts");
	return 0;
}

void daemon_stop(struct daemon *d)
{
	mend_stop(d);
	warm_drop(d);
	d->clerk_later = sd_event_source_disable_unref(d->clerk_later);
	errand_drop(&d->clerk);
	d->reboot = reboot_free(d->reboot);
	errand_drop(&d->witness);
	errand_drop(&d->health);
	legacy_stop(d);
	login_forget(d); /* nothing of it stays open */
	reach_stop(d);
	inforce_forget(d);
	d->refresh = refresh_free(d->refresh);
	d->confirm = confirm_free(d->confirm);
	d->login = login_free(d->login);
	d->mirrors = mirrors_free(d->mirrors);
	d->helpdesk = helpdesk_free(d->helpdesk);
	d->control = control_free(d->control);
	d->events = events_free(d->events);
	network_stop(d);
	d->nftables = nftables_free(d->nftables);
	d->integrity = integrity_free(d->integrity);
	d->wake = sd_event_source_disable_unref(d->wake);
	d->poll = sd_event_source_disable_unref(d->poll);
	if (d->memory)
		memory_stop(d->memory);
	d->memory = memory_close(d->memory);
	kept_close(d);
	d->host.remembered = remembered_free(d->host.remembered);
	if (d->nft.fd >= 0)
		nft_close(&d->nft);
	d->host.patches = patches_free(d->host.patches);
	if (d->host.root >= 0)
		close(d->host.root);
}
