// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/daemon.h"
#include "agent/kept.h"
#include "agent/legacy.h"
#include "agent/memory.h"
#include "agent/posture/firewall.h"
#include "agent/posture/likeness.h"
#include "agent/remedy/ask.h"
#include "agent/round.h"

#define FILE_NAME     "firewall"
#define SETTLE_MS     10000 /* a front end lays its rules in several steps, each of them good */
#define TOLD_SECONDS  5	    /* between looks whether lazaret-legacy has told of it since */
#define COPY_LIMIT_MS 60000
#define AGAIN_MS      600000 /* after a try that failed */

struct kept {
	int folder;
	struct kept_firewall firewall;
	uint8_t last[LIKE_BYTES]; /* the first one, as long as it is looked at */
	uint64_t since;		  /* it is good and the same: io_boot_ms(); 0: it is not */
	int err;		  /* of the last try to keep it; 0: it was kept, or none was made */
	uint64_t tried;		  /* io_boot_ms() of that one */
	struct remedy_run *run;	  /* lazaret-keep at work */
	uint64_t asked;		  /* io_boot_ms() */
	bool news;		  /* the last look saw none that is good, and now there is one */
};

static void load(struct kept *k)
{
	_free_ char *text = NULL;
	size_t len;
	int r = io_read(k->folder, FILE_NAME, LIKENESS_TEXT_MAX, &text, &len);

	if (r == 0)
		r = likeness_read(text, len, &k->firewall);
	if (r < 0 && r != -ENOENT)
		log_warn("what is kept of a good firewall cannot be read: %s; the next good one is "
			 "kept instead",
			 strerror(-r));
}

int kept_open(struct daemon *d, const char *folder, struct fault *fault)
{
	d->kept = calloc(1, sizeof(*d->kept));
	if (!d->kept)
		return -ENOMEM;
	d->kept->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->kept->folder < 0)
		return fault_set(fault, -errno, "state folder %s: %m", folder);
	load(d->kept);
	d->host.firewall = &d->kept->firewall;
	return 0;
}

void kept_close(struct daemon *d)
{
	struct kept *k = d->kept;

	d->host.firewall = NULL;
	d->kept = NULL;
	if (!k)
		return;
	remedy_run_free(k->run);
	if (k->folder >= 0)
		close(k->folder);
	free(k);
}

/* Is all well with that requirement, but perhaps whether the firewall is the one it was? */
static bool is_sound(const struct subject *s, struct fault *fault)
{
	const struct finding *f = &s->finding;

	for (size_t i = 0; i < f->n_evidence; i++) {
		const struct evidence *e = &f->evidence[i];

		if (!e->demanded || e->grade == GRADE_PASS || !strcmp(e->probe, PROBE_LIKENESS))
			continue;
		fault_set(fault, -EPERM, "%s: %s", s->req->id, e->what);
		return false;
	}
	return true;
}

/* 0 when the firewall of the last look may be taken for good. */
static int are_sound(const struct daemon *d, struct fault *fault)
{
	const struct kept_firewall *k = &d->kept->firewall;
	size_t n = 0;

	for (size_t i = 0; i < d->n_subjects; i++) {
		const struct subject *s = &d->subjects[i];

		if (s->req->check != CHECK_FIREWALL)
			continue;
		n++;
		if (!is_sound(s, fault))
			return -EPERM;
	}
	if (!n)
		return fault_set(fault, -ENOENT, "the policy does not demand a firewall");
	if (!k->seen)
		return fault_set(fault, -ENODATA,
				 "not all of the kernel's rules could be seen just now; try again");
	if (!k->own)
		return fault_set(fault, -EPERM, "it is the baseline that closes inbound");
	return d->run ? fault_set(fault, -EBUSY, "a remedy is at work; try again later") : 0;
}

static int write_down(struct kept *k, const struct likeness *l, int64_t at, bool copied)
{
	size_t len;
	_free_ char *text = likeness_write(l, at, copied, &len);

	return text ? io_replace(k->folder, FILE_NAME, text, len, 0600) : -ENOMEM;
}

/* differs: from the one before; empty when there was none. */
static int keep(struct daemon *d, bool accepted, const char *differs)
{
	struct kept *k = d->kept;
	const int64_t now = io_now();
	int r = write_down(k, &k->firewall.now, now, false);

	if (r < 0)
		return r;
	k->run = remedy_run_free(k->run);
	k->firewall.good = k->firewall.now;
	k->firewall.at = now;
	k->firewall.copied = false;
	k->asked = 0;
	k->news = true;
	memory_tell(d->memory, ENTRY_FIREWALL, "", accepted, "%s%s%s", k->firewall.good.text,
		    *differs ? "; " : "", differs);
	log_notice("the firewall is %s as the last known good one: %s%s%s",
		   accepted ? "accepted by the administrator" : "kept", k->firewall.good.text,
		   *differs ? "; " : "", differs);
	return 0;
}

static void note_sound(struct kept *k)
{
	const uint8_t *now = k->firewall.now.digest;

	if (!k->since || memcmp(k->last, now, LIKE_BYTES) != 0) {
		memcpy(k->last, now, LIKE_BYTES);
		k->since = io_boot_ms();
	}
}

/* When one that stays as it is may be kept: io_boot_ms(). */
static uint64_t keep_at(const struct kept *k)
{
	uint64_t settled = k->since + SETTLE_MS, again = k->tried + AGAIN_MS;

	return k->err && again > settled ? again : settled;
}

static void try_to_keep(struct daemon *d)
{
	struct kept *k = d->kept;
	int r = keep(d, false, "");

	if (r < 0 && r != k->err)
		log_warn("the firewall that is good now cannot be kept: %s; trying again every %d "
			 "minutes",
			 strerror(-r), AGAIN_MS / 60000);
	k->err = r;
	k->tried = io_boot_ms();
}

static void keep_first(struct daemon *d)
{
	struct kept *k = d->kept;

	if (are_sound(d, NULL) < 0) {
		k->since = 0;
		return;
	}
	note_sound(k);
	if (io_boot_ms() >= keep_at(k) && legacy_told_since(d, k->since + SETTLE_MS))
		try_to_keep(d);
}

int64_t kept_due(const struct daemon *d, int64_t now)
{
	const struct kept *k = d->kept;
	uint64_t end = keep_at(k), boot = io_boot_ms();

	if (k->news)
		return now + 1;
	if (k->firewall.at || !k->since)
		return INT64_MAX;
	if (end <= boot && !legacy_told_since(d, k->since + SETTLE_MS))
		return now + TOLD_SECONDS;
	return now + 1 + (end > boot ? (int64_t)(end - boot) / 1000 : 0);
}

static void on_line(void *ctx, const char *line)
{
	(void)ctx;
	log_info("lazaret-keep: %s", line);
}

static void on_copied(void *ctx, int err, const char *why)
{
	struct kept *k = ctx;

	k->run = remedy_run_free(k->run);
	if (err == 0)
		err = write_down(k, &k->firewall.good, k->firewall.at, true);
	if (err < 0) {
		log_warn("the configuration of the good firewall cannot be kept: %s; trying again "
			 "in %d minutes",
			 *why ? why : strerror(-err), AGAIN_MS / 60000);
		return;
	}
	k->firewall.copied = true;
	log_notice("the configuration of the good firewall is kept");
}

/* Once for each that is taken for good, and only while it is the one in force. */
static void copy(struct daemon *d)
{
	struct kept *k = d->kept;
	const struct kept_firewall *f = &k->firewall;
	struct fault fault = { 0 };
	int fd, r;

	if (!f->at || f->copied || k->run || d->helpers.spawn ||
	    (k->asked && io_boot_ms() - k->asked < AGAIN_MS) || are_sound(d, NULL) < 0 ||
	    memcmp(f->now.digest, f->good.digest, LIKE_BYTES) != 0)
		return;
	k->asked = io_boot_ms();
	fd = helper_keep(&d->helpers, &fault);
	r = fd < 0 ? fd : remedy_watch(d->loop, fd, on_line, on_copied, k, COPY_LIMIT_MS, &k->run);
	if (r < 0)
		on_copied(k, r, fault.why);
}

void kept_round(struct daemon *d)
{
	d->kept->news = false;
	if (!d->kept->firewall.at)
		keep_first(d);
	copy(d);
}

int kept_accept(struct daemon *d, struct fault *fault)
{
	char differs[160];
	int r;

	d->kept->firewall.seen = false;
	round_look_at(d, 1u << CHECK_FIREWALL, "asked to accept the firewall");
	r = are_sound(d, fault);
	if (r < 0)
		return r;
	likeness_differs(&d->kept->firewall.now, &d->kept->firewall.good, differs, sizeof(differs));
	r = keep(d, true, differs);
	if (r < 0)
		return fault_set(fault, r, "it cannot be kept: %s", strerror(-r));
	round_look_at(d, 1u << CHECK_FIREWALL, "the firewall was accepted");
	return 0;
}
