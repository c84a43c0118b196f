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
#include "agent/posture/firewall.h"
#include "agent/posture/likeness.h"
#include "agent/round.h"

#define FILE_NAME "firewall"

struct kept {
	int folder;
	struct kept_firewall firewall;
	uint8_t last[LIKE_BYTES]; /* of the last look that was good */
	uint64_t since; /* and since when it is that one: io_boot_ms(); 0: it is not good */
};

#define SETTLE_MS 10000 /* a front end lays its rules in several steps, each of them good */

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
	d->host.firewall = NULL;
	if (d->kept && d->kept->folder >= 0)
		close(d->kept->folder);
	free(d->kept);
	d->kept = NULL;
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

static int are_sound(const struct daemon *d, struct fault *fault)
{
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
	if (!d->kept->firewall.seen)
		return fault_set(fault, -ENODATA, "the kernel's ruleset was not seen");
	if (!d->kept->firewall.own)
		return fault_set(fault, -EPERM, "it is the baseline that closes inbound");
	return d->run ? fault_set(fault, -EBUSY, "a remedy is at work; try again later") : 0;
}

static int keep(struct kept *k)
{
	const int64_t now = io_now();
	_free_ char *text = NULL;
	size_t len;
	int r;

	text = likeness_write(&k->firewall.now, now, &len);
	r = text ? io_replace(k->folder, FILE_NAME, text, len, 0600) : -ENOMEM;
	if (r < 0)
		return r;
	k->firewall.good = k->firewall.now;
	k->firewall.at = now;
	return 0;
}

static bool is_settled(struct kept *k)
{
	const uint8_t *now = k->firewall.now.digest;

	if (!k->since || memcmp(k->last, now, LIKE_BYTES) != 0) {
		memcpy(k->last, now, LIKE_BYTES);
		k->since = io_boot_ms();
	}
	return io_boot_ms() - k->since >= SETTLE_MS;
}

int64_t kept_due(const struct daemon *d, int64_t now)
{
	const struct kept *k = d->kept;

	if (k->firewall.at || !k->since)
		return INT64_MAX;
	return now + 1 + (int64_t)(k->since + SETTLE_MS - io_boot_ms()) / 1000;
}

void kept_round(struct daemon *d)
{
	struct kept *k = d->kept;
	int r;

	if (k->firewall.at)
		return;
	if (are_sound(d, NULL) < 0) {
		k->since = 0;
		return;
	}
	if (!is_settled(k))
		return;
	r = keep(k);
	if (r < 0)
		log_warn("the firewall that is good now cannot be kept: %s", strerror(-r));
	else
		log_notice("the firewall is kept as the last known good one: %s",
			   k->firewall.good.text);
}

int kept_accept(struct daemon *d, struct fault *fault)
{
	char differs[160];
	int r;

	round_look_at(d, 1u << CHECK_FIREWALL, "asked to accept the firewall");
	r = are_sound(d, fault);
	if (r < 0)
		return r;
	likeness_differs(&d->kept->firewall.now, &d->kept->firewall.good, differs, sizeof(differs));
	r = keep(d->kept);
	if (r < 0)
		return fault_set(fault, r, "it cannot be kept: %s", strerror(-r));
	log_notice("accepted by the administrator as the last known good firewall: %s%s%s",
		   d->kept->firewall.good.text, *differs ? "; " : "", differs);
	round_look_at(d, 1u << CHECK_FIREWALL, "the firewall was accepted");
	return 0;
}
