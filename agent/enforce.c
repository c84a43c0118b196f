// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/daemon.h"
#include "agent/enforce.h"
#include "netfilter/quarantine.h"

static int reach_kernel(struct daemon *d, struct fault *fault)
{
	int r = 0;

	if (d->nft.fd < 0) {
		r = nft_open(&d->nft, fault);
		d->host.nft = r < 0 ? NULL : &d->nft;
	}
	return r;
}

static int bring_to(struct daemon *d, bool wanted, struct fault *fault)
{
	int there, r = reach_kernel(d, fault);

	if (r < 0)
		return r;
	there = quarantine_present(&d->nft, fault);
	if (there < 0)
		return there;
	if (wanted && there && !d->relay) {
		d->laid = true;
		return 0;
	}
	if (!wanted && !there && !d->laid && !d->relay)
		return 0;
	r = wanted ? quarantine_lay(&d->nft, &d->policy->allow, fault)
		   : quarantine_lift(&d->nft, fault); /* with what is left of one, too */
	if (r < 0)
		return r;
	if (d->laid && !there)
		log_warn("somebody had removed the quarantine or a part of it");
	if (wanted || d->laid)
		log_notice("quarantine %s", wanted ? "laid" : "lifted");
	d->laid = wanted;
	d->relay = false;
	return 0;
}

void enforce_adopt(struct daemon *d)
{
	struct fault fault = { 0 };
	int there = reach_kernel(d, &fault);

	if (there == 0)
		there = quarantine_present(&d->nft, &fault);
	d->laid = there > 0;
	if (there < 0)
		log_warn("the kernel's ruleset cannot be read: %s", fault.why);
	else if (there)
		log_notice("a quarantine is in force already and stays until the host is judged");
}

void enforce(struct daemon *d)
{
	bool wanted = d->policy->mode == MODE_ENFORCE &&
		      (d->state == STATE_HELD || d->state == STATE_QUARANTINED);
	struct fault fault = { 0 };
	int r = bring_to(d, wanted, &fault);
	const char *why = r == 0 ? "" : *fault.why ? fault.why : strerror(-r);

	if (r < 0 && strcmp(d->enforce_fault, why))
		log_err("the quarantine could not be %s: %s; trying again",
			wanted ? "laid" : "lifted", why);
	snprintf(d->enforce_fault, sizeof(d->enforce_fault), "%s", why);
}
