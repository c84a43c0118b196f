// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent/age.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/base/span.h"
#include "agent/daemon.h"
#include "policy/floor.h"

void age_read(struct daemon *d, int store)
{
	struct accepted a;

	/* Of another one nothing is in force. */
	if (store_read_accepted(store, &a, NULL) == 0 && a.version == d->accepted.version)
		d->accepted = a;
	d->floor = floor_read(store);
}

static void tell(const struct daemon *d, int64_t now)
{
	unsigned long long version = d->accepted.version;
	int64_t left = d->accepted.expires - now;
	char span[SPAN_TEXT];

	span_text((uint64_t)(left < 0 ? -left : left), span);
	switch (d->age) {
	case AGE_EXPIRING:
		log_warn("policy %llu expires in %s and nothing newer has come; its publisher "
			 "must sign the timestamp (lazaret-policy bump)",
			 version, span);
		break;
	case AGE_EXPIRED:
		log_warn("policy %llu expired %s ago and stays in force", version, span);
		break;
	case AGE_STALE:
		log_warn("policy %llu expired %s ago, and says that such a host is quarantined",
			 version, span);
		break;
	case AGE_FRESH: log_notice("policy %llu is renewed: valid for %s", version, span); break;
	case AGE_COUNT: break;
	}
}

void age_judge(struct daemon *d)
{
	int64_t now = io_now() > d->floor ? io_now() : d->floor;
	enum age was = d->age;

	d->age = judge_age(d->policy, &d->accepted, now);
	if (d->age != was)
		tell(d, now);
}
