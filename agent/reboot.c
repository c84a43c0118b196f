// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/control.h"
#include "agent/daemon.h"
#include "agent/memory.h"
#include "agent/reboot.h"
#include "agent/remedy/ask.h"
#include "agent/remedy/reboot-hold.h"
#include "agent/remedy/remedy.h"
#include "agent/round.h"

#define RETRY_MS  (5 * 60 * 1000)
#define DOWN_MS	  (10 * 60 * 1000) /* a host that is up after that does not go down any more */
#define ENDING_MS (3 * 60 * 1000)
#define UNKEPT	  "the ledger cannot be written; free some space on its disk"

int reboot_new(struct daemon *d, struct reboot **ret)
{
	_free_ char *folder = io_path(d->config->runtime_dir, CONTROL_FOLDER);
	struct reboot *r = folder ? calloc(1, sizeof(*r)) : NULL;

	if (!r)
		return -ENOMEM;
	r->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*ret = r;
	return 0;
}

struct reboot *reboot_free(struct reboot *r)
{
	if (r) {
		remedy_run_free(r->run);
		if (r->folder >= 0)
			close(r->folder);
	}
	free(r);
	return NULL;
}

bool reboot_is_begun(const struct daemon *d)
{
	const struct reboot *r = d->reboot;

	return r->begun_ms && io_boot_ms() - r->begun_ms < DOWN_MS;
}

int64_t reboot_due(const struct daemon *d)
{
	const struct reboot *r = d->reboot;

	/* What may end an announcement is looked for as long as it lasts. */
	if (r->run && !r->begun_ms)
		return io_now() + REBOOT_PATIENCE;
	return r->plan.stage == REBOOT_ASKED && r->plan.at > io_now() ? r->plan.at : INT64_MAX;
}

static void decide_again(struct daemon *d)
{
	struct reboot *r = d->reboot;
	char user[64];

	reboot_weigh(d);
	r->plan = reboot_plan(&r->terms);
	if (r->plan.stage != REBOOT_NOW || r->plan.forced || r->terms.rule->despite_users ||
	    !hold_users(user))
		return;
	snprintf(r->outcome, sizeof(r->outcome), "%s is logged in", user);
	r->terms.users = true;
	r->plan = reboot_plan(&r->terms);
}

/* On disk with all that it is for, or not at all. */
static bool note(struct daemon *d)
{
	struct reboots *done = memory_reboots(d->memory);
	struct reboot *r = d->reboot;
	int64_t now = io_now();
	size_t n = 0;

	for (size_t i = 0; i < r->terms.waiting; i++) {
		struct entry e;

		if (reboots_over(done, r->ids[i]))
			continue;
		e = reboots_begun(r->ids[i], now, n++ ? "the same" : r->why);
		reboots_note(done, r->ids[i], now);
		memory_note(d->memory, &e);
	}
	round_keep(d);
	done->begun = now;
	r->begun_ms = io_boot_ms();
	return !d->memory_fault;
}

/* Let go or not, it was none: remembered, so that one that fails is not tried for ever. */
static void take_back(struct daemon *d, bool let_go, const char *why)
{
	struct reboots *done = memory_reboots(d->memory);
	const struct entry e = reboots_none(done->begun, let_go, why);

	if (!done->begun)
		return;
	if (let_go)
		reboots_failed(done, done->begun);
	else
		reboots_withdraw(done, done->begun);
	memory_note(d->memory, &e);
	done->begun = 0;
	d->reboot->begun_ms = 0;
}

static void put_off(struct reboot *r, const char *why)
{
	if (strcmp(r->outcome, why))
		log_notice("the host is not restarted yet: %s", why);
	snprintf(r->outcome, sizeof(r->outcome), "%s", why);
	r->retry_ms = io_boot_ms() + RETRY_MS;
}

static void on_line(void *ctx, const char *line)
{
	struct daemon *d = ctx;
	struct reboot *r = d->reboot;

	log_info("%s: %s", remedy_menu[REMEDY_HOST_REBOOT].name, line);
	if (strcmp(line, REMEDY_READY) || r->begun_ms)
		return;
	/* Meanwhile a remedy was begun, somebody logged in, or the policy is another. */
	decide_again(d);
	if (r->plan.stage != REBOOT_NOW) {
		remedy_answer(r->run, REMEDY_NOT);
		return;
	}
	if (!note(d)) {
		take_back(d, false, UNKEPT);
		remedy_answer(r->run, REMEDY_NOT); /* unanswered it ends by itself, later */
		return;
	}
	log_entry(LOG_ID_REBOOT, NULL, "the host is restarted for %s (%s)", r->why,
		  r->plan.forced ? "its deadline has come" : "in the policy's window");
	if (remedy_answer(r->run, REMEDY_GO) < 0)
		take_back(d, false, "lazaret-remedy is gone");
}

/* Only its own word says that nothing came of it; one that goes down with the host says none. */
static void on_done(void *ctx, int err, const char *why)
{
	struct daemon *d = ctx;
	struct reboot *r = d->reboot;

	r->run = remedy_run_free(r->run);
	if (err == -EIO)
		take_back(d, true, why);
	if (err < 0 && !r->begun_ms)
		put_off(r, d->memory_fault ? UNKEPT : why);
	round_look_at(d, 0, remedy_menu[REMEDY_HOST_REBOOT].name);
}

static void begin(struct daemon *d)
{
	uint64_t limit = remedy_limit(REMEDY_HOST_REBOOT, 0) * 1000ull + ENDING_MS;
	struct reboot *r = d->reboot;
	struct fault fault = { 0 };
	int fd, err;

	/* Nobody is told of a restart that could not be kept. */
	if (d->memory_fault) {
		put_off(r, UNKEPT);
		r->plan = reboot_plan(&r->terms);
		return;
	}
	fd = err = warm_ask(d, REMEDY_HOST_REBOOT, &fault);
	if (fd >= 0)
		err = remedy_watch(d->loop, fd, on_line, on_done, d, limit, &r->run);
	if (err < 0)
		put_off(r, *fault.why ? fault.why : strerror(-err));
	if (err < 0)
		r->plan = reboot_plan(&r->terms);
}

/* Announced, and not to be any more: whoever waits at the other end tells the users. */
static void call_off(struct reboot *r)
{
	if (!r->run || r->begun_ms || reboot_plan_stands(&r->plan, &r->terms))
		return;
	log_notice("the restart that was announced is called off");
	r->run = remedy_run_free(r->run);
}

static void ask(struct reboot *r, enum reboot_stage before)
{
	if (r->plan.stage == before || r->plan.stage == REBOOT_NOW)
		return;
	if (r->plan.stage == REBOOT_STUCK)
		log_warn("the host could not be restarted for %s, in %d tries: not tried again for "
			 "that; see lazaret history, and restart it by hand",
			 r->why, REBOOTS_TRIES);
	if (r->plan.stage == REBOOT_VAIN)
		log_warn("the host was restarted for %s, and it still waits: never again for that; "
			 "see what keeps it from running",
			 r->why);
	if (r->plan.stage != REBOOT_ASKED || before == REBOOT_NOW)
		return;
	log_entry(LOG_ID_REBOOT_ASKED, NULL, "the host needs a restart: %s", r->why);
	r->since = r->terms.now;
}

static void mind_time(struct daemon *d)
{
	struct reboot *r = d->reboot;

	if (!r->begun_ms || reboot_is_begun(d))
		return;
	log_warn("the host was told to restart and is still up: see systemctl list-jobs");
	take_back(d, true, "the host was still up ten minutes later");
}

void reboot_round(struct daemon *d)
{
	struct reboot *r = d->reboot;
	enum reboot_stage before = r->plan.stage;

	mind_time(d);
	decide_again(d);
	ask(r, before);
	call_off(r);
	if (r->plan.stage == REBOOT_NOW && !r->run && !reboot_is_begun(d))
		begin(d);
	if (r->plan.stage == REBOOT_NONE)
		r->outcome[0] = '\0';
	reboot_tell(r);
}
