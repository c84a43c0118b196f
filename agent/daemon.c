// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-event.h>

#include "agent/age.h"
#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/base/span.h"
#include "agent/control.h"
#include "agent/daemon.h"
#include "agent/enforce.h"
#include "agent/memory.h"
#include "agent/mend.h"
#include "agent/poll.h"
#include "agent/refresh.h"
#include "agent/trigger/nftables.h"
#include "agent/trigger/rtnl.h"

#define WAKE_ACCURACY_USEC 100000ull
#define RETRY_SECONDS	   5 /* after an enforcement that failed */
#define SECOND_USEC	   1000000ull
#define LOOKS_LIMIT_MS	   10000

/* A mute antivirus costs a second each time it is asked; the watchdog waits for none of them. */
static void look(struct daemon *d, struct subject *s, uint64_t round)
{
	if (io_boot_ms() - round < LOOKS_LIMIT_MS) {
		posture_look(s->req, &d->host, &s->finding);
		return;
	}
	s->finding = (struct finding){ .grade = GRADE_UNKNOWN };
	snprintf(s->finding.what, sizeof(s->finding.what),
		 "not looked at: the looks before took more than %d s", LOOKS_LIMIT_MS / 1000);
}

static void look_at(struct daemon *d, struct subject *s, uint64_t round)
{
	enum grade before = s->finding.grade;
	int64_t now = io_now();

	d->host.now = now;
	look(d, s, round);
	s->verdict = judge(s->req, s->finding.grade, memory_since(d->memory, s->req->id), now);
	memory_set(d->memory, s->req->id, s->verdict.since);
	if (s->verdict.standing == STANDING_MET && !(d->run && d->mending == s))
		ladder_reset(&s->ladder);
	if (s->finding.grade != before)
		log_notice("%s: %s: %s", s->req->id, grade_names[s->finding.grade],
			   s->finding.what);
}

/* The requirement that decides the state, for the one line that tells it. */
static const struct subject *worst(const struct daemon *d)
{
	const struct subject *w = NULL;

	for (size_t i = 0; i < d->n_subjects; i++)
		if (!w || d->subjects[i].verdict.standing > w->verdict.standing)
			w = &d->subjects[i];
	return w && w->verdict.standing != STANDING_MET ? w : NULL;
}

static void move_to(struct daemon *d, enum state state, const char *cause)
{
	const struct subject *w = worst(d);

	if (state == d->state)
		return;
	log_notice("%s, was %s (%s)%s%s%s%s", state_names[state], state_names[d->state], cause,
		   w ? ": " : "", w ? w->req->id : "", w ? ": " : "", w ? w->finding.what : "");
	d->state = state;
	d->since = io_now();
}

/* When to look again though nothing wakes us: the earliest of all that is due. */
static uint64_t seconds_to_wake(const struct daemon *d)
{
	int64_t now = io_now(), first = now + (int64_t)d->policy->look_every;
	int64_t stale = judge_stale_at(d->policy, &d->accepted);

	if (d->age != AGE_STALE && stale < first)
		first = stale;
	if (*d->enforce_fault && first > now + RETRY_SECONDS)
		first = now + RETRY_SECONDS;
	for (size_t i = 0; i < d->n_subjects; i++) {
		const struct subject *s = &d->subjects[i];

		if (s->verdict.standing == STANDING_GRACE && s->verdict.until < first)
			first = s->verdict.until;
		if (!d->run && s->verdict.standing != STANDING_MET && s->req->n_remedies &&
		    s->ladder.not_before < first)
			first = s->ladder.not_before;
	}
	return first > now ? (uint64_t)(first - now) : 1;
}

static int arm(sd_event_source *timer, uint64_t seconds)
{
	int r = sd_event_source_set_time_relative(timer, seconds * SECOND_USEC);

	return r < 0 ? r : sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static enum state judge_all(const struct daemon *d)
{
	struct verdict verdicts[POLICY_REQUIREMENTS];

	if (d->age == AGE_STALE)
		return STATE_QUARANTINED;
	for (size_t i = 0; i < d->n_subjects; i++)
		verdicts[i] = d->subjects[i].verdict;
	return judge_host(verdicts, d->n_subjects);
}

void daemon_look(struct daemon *d, const char *cause)
{
	uint64_t round = io_boot_ms();
	int r;

	if (!d->policy)
		return;
	for (size_t i = 0; i < d->n_subjects; i++)
		look_at(d, &d->subjects[i], round);
	r = memory_keep(d->memory);
	if (r < 0)
		log_warn("cannot keep the deadlines in %s/agent: %s; a restart would begin them "
			 "anew",
			 d->config->state_dir, strerror(-r));
	age_judge(d);
	move_to(d, judge_all(d), cause);
	enforce(d);
	mend(d);
	if (arm(d->wake, seconds_to_wake(d)) < 0)
		log_err("cannot set the timer of the next look");
}

/* A remedy under way goes on, and nothing else is started until it ends. */
static void forget_policy(struct daemon *d)
{
	d->mending = NULL;
	d->n_subjects = 0;
	d->policy = policy_free(d->policy);
}

static void take_policy(struct daemon *d, struct policy *p, const struct accepted *a)
{
	forget_policy(d);
	d->policy = p;
	d->accepted = *a;
	d->n_subjects = p->n_requirements;
	for (size_t i = 0; i < d->n_subjects; i++)
		d->subjects[i] = (struct subject){ .req = &p->requirements[i],
						   .finding.grade = GRADE_COUNT };
	memory_prune(d->memory, p->requirements, p->n_requirements);
	d->relay = true;
	log_notice("policy %llu in force: %s, %zu requirements", (unsigned long long)a->version,
		   p->mode == MODE_ENFORCE ? "enforce" : "audit", p->n_requirements);
}

/* The policy that lazaret-vet accepted last.  What cannot be read changes nothing. */
static void load_policy(struct daemon *d, int store)
{
	struct policy *p;
	struct accepted a;
	struct fault fault = { 0 };
	int r = store < 0 ? store : store_read(store, &p, &a, &fault);

	if (r == 0)
		take_policy(d, p, &a);
	else if (r != -ENOENT)
		log_err("%s/store: %s; %s", d->config->state_dir,
			*fault.why ? fault.why : strerror(-r),
			d->policy ? "the policy before stays in force" : "no policy is in force");
}

static void read_store(struct daemon *d, bool changed)
{
	_free_ char *path = NULL;
	_close_ int dir = -1;

	if (asprintf(&path, "%s/store", d->config->state_dir) < 0) {
		path = NULL;
		return;
	}
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		dir = -errno;
	if (changed || !d->policy)
		load_policy(d, dir);
	if (d->policy && dir >= 0)
		age_read(d, dir);
}

static void plan_poll(struct daemon *d, bool well)
{
	uint64_t seconds = well ? poll_wait(d->config->refresh, io_now(), poll_host())
				: mirrors_wait(d->mirrors, io_boot_ms());

	if (arm(d->poll, seconds) < 0)
		log_err("cannot set the timer of the next policy refresh");
}

static void note_refresh(struct daemon *d, int err, const char *why)
{
	if (err < 0 && strcmp(d->policy_fault, why))
		log_warn("policy refresh: %s; %s", why,
			 d->policy ? "the policy before stays in force"
				   : "no policy is in force yet");
	snprintf(d->policy_fault, sizeof(d->policy_fault), "%s", err < 0 ? why : "");
	if (err == 0)
		d->refreshed = io_now();
	plan_poll(d, err == 0);
}

static void answer_waiting(struct daemon *d)
{
	_free_ char *reply = status_text(d);

	control_release(d->control, reply ? reply : "{}");
}

static void on_refreshed(void *ctx, const struct vet_said *said)
{
	struct daemon *d = ctx;

	d->refresh = refresh_free(d->refresh);
	note_refresh(d, said->err, said->why);
	read_store(d, said->err == 0 && said->changed);
	daemon_look(d, said->changed ? "new policy" : "policy refreshed");
	if (d->refresh_again)
		daemon_refresh(d);
	else
		answer_waiting(d);
}

void daemon_refresh(struct daemon *d)
{
	struct fault fault = { 0 };
	int r;

	d->refresh_again = d->refresh != NULL;
	if (d->refresh)
		return;
	r = refresh_start(d->loop, &d->helpers, d->mirrors, on_refreshed, d, &d->refresh, &fault);
	if (r < 0) {
		note_refresh(d, r, *fault.why ? fault.why : strerror(-r));
		answer_waiting(d);
	}
}

static int on_wake(sd_event_source *s, uint64_t usec, void *userdata)
{
	(void)s, (void)usec;
	daemon_look(userdata, "due");
	return 0;
}

static int on_poll(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct daemon *d = userdata;

	(void)s, (void)usec;
	if (!d->refresh)
		daemon_refresh(d);
	return 0;
}

static void on_link(void *ctx)
{
	enforce_links(ctx);
}

static void on_network(void *ctx)
{
	struct daemon *d = ctx;

	daemon_look(d, "network changed");
	if (*d->policy_fault && *d->config->url && !d->refresh)
		daemon_refresh(d);
}

static char *on_verb(void *ctx, const char *verb, bool privileged)
{
	struct daemon *d = ctx;

	if (!strcmp(verb, "status"))
		return status_text(d);
	if (strcmp(verb, "check") && strcmp(verb, "refresh"))
		return strdup("{\"error\":\"unknown verb\"}");
	if (!privileged)
		return strdup("{\"error\":\"only root may ask for this; use sudo\"}");
	if (!strcmp(verb, "check")) {
		daemon_look(d, "asked by the administrator");
		return status_text(d);
	}
	daemon_refresh(d);
	return d->refresh ? NULL : status_text(d);
}

static int add_timer(struct daemon *d, sd_event_time_handler_t handler, sd_event_source **ret)
{
	int r = sd_event_add_time(d->loop, ret, CLOCK_BOOTTIME, UINT64_MAX, WAKE_ACCURACY_USEC,
				  handler, d);

	return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

static int open_host(struct daemon *d, struct fault *fault)
{
	d->host = (struct host){ .clamd = d->config->clamd_socket };
	d->host.root = open(d->config->host_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (d->host.root < 0)
		return fault_set(fault, -errno, "[Agent] HostRoot=%s: %m", d->config->host_root);
	return 0;
}

/* The state folder also holds the store, so it may belong to somebody else: ours is below. */
static int open_memory(struct daemon *d, struct fault *fault)
{
	_free_ char *folder = NULL;

	if (asprintf(&folder, "%s/agent", d->config->state_dir) < 0) {
		folder = NULL;
		return -ENOMEM;
	}
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return fault_set(fault, -errno, "state folder %s: %m", folder);
	return memory_open(folder, &d->memory, fault);
}

static int open_parts(struct daemon *d, struct fault *fault)
{
	int r = open_host(d, fault);

	if (r < 0)
		return r;
	r = open_memory(d, fault);
	if (r == -EBADMSG) {
		log_warn("%s", fault->why);
		r = 0;
	}
	if (r == 0)
		r = mirrors_new(d->config->url, d->config->refresh, &d->mirrors);
	if (r == 0)
		r = control_new(d->loop, d->config->runtime_dir, on_verb, d, &d->control, fault);
	if (r == 0)
		r = add_timer(d, on_wake, &d->wake);
	if (r >= 0)
		r = add_timer(d, on_poll, &d->poll);
	if (r >= 0)
		r = rtnl_new(d->loop, on_link, on_network, d, &d->rtnl);
	return r;
}

int daemon_start(struct daemon *d)
{
	struct fault fault = { 0 };
	int r;

	d->nft.fd = -1;
	d->host.root = -1;
	d->since = io_now();
	r = open_parts(d, &fault);
	if (r < 0) {
		log_err("%s", *fault.why ? fault.why : strerror(-r));
		return r;
	}
	enforce_adopt(d);
	read_store(d, true);
	if (d->policy)
		d->state = STATE_HELD;
	daemon_look(d, "started");
	if (*d->config->url)
		daemon_refresh(d);
	else
		log_notice("no [Policy] URL= is set: only a policy already stored counts");
	return 0;
}

void daemon_stop(struct daemon *d)
{
	mend_stop(d);
	forget_policy(d);
	d->refresh = refresh_free(d->refresh);
	d->mirrors = mirrors_free(d->mirrors);
	d->control = control_free(d->control);
	d->rtnl = rtnl_free(d->rtnl);
	d->nftables = nftables_free(d->nftables);
	d->wake = sd_event_source_disable_unref(d->wake);
	d->poll = sd_event_source_disable_unref(d->poll);
	d->memory = memory_close(d->memory);
	if (d->nft.fd >= 0)
		nft_close(&d->nft);
	if (d->host.root >= 0)
		close(d->host.root);
}
