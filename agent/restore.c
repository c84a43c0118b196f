// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/confirm.h"
#include "agent/daemon.h"
#include "agent/enforce.h"
#include "agent/integrity.h"
#include "agent/restore.h"
#include "agent/round.h"
#include "agent/trigger/nftables.h"
#include "netfilter/late.h"
#include "netfilter/quarantine.h"
#include "netfilter/watch.h"

#define TELL_SECONDS 10 /* between two lines about somebody who keeps at it */

static void tell(struct daemon *d, const struct watch *seen)
{
	int64_t now = io_now();
	char who[64] = "somebody";

	d->restored++;
	if (d->restored_told && now < d->restored_told + TELL_SECONDS)
		return;
	if (seen->pid)
		snprintf(who, sizeof(who), "%s (pid %u)", seen->name, seen->pid);
	else if (seen->what & WATCH_LOST)
		snprintf(who, sizeof(who), "somebody perhaps");
	log_entry(LOG_ID_TAMPERED, LOG_FIELDS({ "LAZARET_WHO", who }),
		  "%s changed the quarantine's rules; they are whole again (%u times since the "
		  "start)",
		  who, d->restored);
	d->restored_told = now;
}

void restore_order(struct daemon *d)
{
	struct late late = { 0 };
	struct fault fault = { 0 };
	int r = late_remove(&d->nft, &late, &fault);

	if (r < 0)
		log_warn("chains of others behind the quarantine were not looked for: %s",
			 fault.why);
	if (late.removed)
		log_warn("removed %u chains hooked in behind the quarantine, %s the last",
			 late.removed, late.which);
	if (late.stayed)
		log_err("%u chains hooked in behind the quarantine cannot be removed (%s); what it "
			"lets through they may change",
			late.stayed, late.which);
}

static void on_tampered(void *ctx, const struct watch *seen)
{
	struct daemon *d = ctx;

	if (!d->policy || !enforce_wanted(d))
		return; /* what somebody lays in our name goes at the next look */
	if (seen->what & (WATCH_OURS | WATCH_LOST)) {
		if (quarantine_lay(&d->nft, confirm_list(d), NULL) < 0) {
			d->relay = true;
			round_look(d, "the quarantine was changed"); /* says why it cannot be */
			return;
		}
		d->laid = true;
		d->relay = false;
		integrity_recount(d);
		tell(d, seen);
	}
	if (seen->what & (WATCH_LATE | WATCH_LOST))
		restore_order(d);
}

static void on_foreign(void *ctx)
{
	round_look_at(ctx, 1u << CHECK_FIREWALL, "firewall rules changed");
}

void restore_watch(struct daemon *d)
{
	static const struct nftables_handlers handlers = { on_tampered, on_foreign };
	int r = nftables_new(d->loop, &d->nft, &handlers, d, &d->nftables);

	if (r < 0)
		log_warn("changes to the ruleset cannot be watched: %s; they are found when the "
			 "host is looked at",
			 strerror(-r));
}
