// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/confirm.h"
#include "agent/daemon.h"
#include "agent/enforce.h"
#include "agent/fdstore.h"
#include "agent/login.h"
#include "agent/restore.h"
#include "netfilter/detour.h"
#include "netfilter/quarantine.h"

#define STORED "nft" /* the socket's name in systemd's store */

/* The socket that owns the tables outlives us there; without it anybody could change them. */
static void keep_socket(const struct daemon *d)
{
	int r = fdstore_keep(STORED, d->nft.fd);

	if (r < 0)
		log_warn("systemd does not keep the socket that owns the quarantine: %s; when this "
			 "process dies, others can change it until the next one has started",
			 strerror(-r));
}

static void tell_ownership(const struct daemon *d)
{
	if (d->nft.ownership == OWNERSHIP_OWNED)
		log_notice("this kernel keeps others from changing the quarantine");
	else
		log_notice("this kernel lets others change the quarantine (it is older than 6.9)");
}

static int reach_kernel(struct daemon *d, struct fault *fault)
{
	int r;

	if (d->nft.fd >= 0)
		return 0;
	r = nft_open(&d->nft, fault);
	if (r < 0)
		return r;
	r = ownership_claim(&d->nft, OWNERSHIP_OWNED, fault);
	if (r < 0) {
		nft_close(&d->nft);
		return r;
	}
	d->host.nft = &d->nft;
	tell_ownership(d);
	if (d->nft.ownership == OWNERSHIP_OWNED)
		keep_socket(d);
	restore_watch(d);
	return 0;
}

/* Without the old socket the tables that it owns are out of reach, so it is looked for first. */
static void take_socket_back(struct daemon *d)
{
	struct fault fault = { 0 };
	_close_ int fd = fdstore_take(STORED);

	if (fd < 0 || d->nft.fd >= 0)
		return;
	if (nft_reopen(fd, &d->nft, &fault) < 0) {
		log_warn("the socket that systemd kept is of no use: %s", fault.why);
		return;
	}
	take_fd(&fd);
	d->nft.ownership = OWNERSHIP_OWNED;
	d->host.nft = &d->nft;
	log_notice("the socket that owns the quarantine is back");
	restore_watch(d);
}

void enforce_links(struct daemon *d)
{
	struct fault fault = { 0 };

	if (d->nft.fd >= 0 && quarantine_cover(&d->nft, &fault) < 0)
		log_err("%s; trying again at the next look", fault.why);
}

/* Another slice than when the list was laid (it was started anew), or a service joined it. */
static bool has_moved(struct daemon *d)
{
	const struct who *laid = &d->nft.who;
	struct who now = { 0 };

	if (!confirm_list(d)->everyone)
		who_find(&d->nft, &now, NULL);
	return now.level != laid->level || now.id != laid->id;
}

static void tell_who(struct daemon *d)
{
	if (strcmp(d->everyone_told, d->nft.everyone) && *d->nft.everyone)
		log_warn("in quarantine every program may talk to whom the policy allows: %s",
			 d->nft.everyone);
	snprintf(d->everyone_told, sizeof(d->everyone_told), "%s", d->nft.everyone);
}

static void tell_brought(struct daemon *d, bool wanted, bool was_there)
{
	if (wanted && !d->laid && d->nft.lacks.egress)
		log_warn("this kernel has no hooks at links (CONFIG_NETFILTER_EGRESS): the "
			 "quarantine holds IP, and not frames below it");
	if (d->laid && !was_there)
		log_warn("somebody had removed the quarantine or a part of it");
	if (wanted || d->laid)
		log_entry(wanted ? LOG_ID_LAID : LOG_ID_LIFTED, NULL, "quarantine %s",
			  wanted ? "laid" : "lifted");
}

/* Whoever goes by what is laid. */
static void inform(struct daemon *d)
{
	if (d->laid) {
		restore_order(d);
		tell_who(d);
		confirm_laid(d);
		login_laid(d);
	} else {
		confirm_lifted(d);
		login_lifted(d);
	}
}

static int bring_to(struct daemon *d, bool wanted, struct fault *fault)
{
	int there, r = reach_kernel(d, fault);

	if (r < 0)
		return r;
	enforce_links(d);
	there = quarantine_present(&d->nft, fault);
	if (there < 0)
		return there;
	if (wanted && there && !d->relay && !has_moved(d)) {
		d->laid = true;
		return 0;
	}
	if (!wanted && !there && !d->laid && !d->relay)
		return 0;
	r = wanted ? quarantine_lay(&d->nft, confirm_list(d), fault)
		   : quarantine_lift(&d->nft, fault); /* with what is left of one, too */
	if (r < 0)
		return r;
	tell_brought(d, wanted, there);
	d->laid = wanted;
	d->relay = false;
	inform(d);
	return 0;
}

void enforce_adopt(struct daemon *d)
{
	struct fault fault = { 0 };
	int there;

	take_socket_back(d);
	there = reach_kernel(d, &fault);
	if (there == 0) {
		enforce_links(d);
		there = quarantine_present(&d->nft, &fault);
	}
	d->laid = there > 0;
	detour_lift(NULL); /* of an earlier process; what is laid is tried anew */
	if (there < 0)
		log_warn("the kernel's ruleset cannot be read: %s", fault.why);
	else if (there)
		log_notice("a quarantine is in force already and stays until the host is judged");
}

bool enforce_wanted(const struct daemon *d)
{
	return d->decision.hold;
}

/* The kernel may have done what it did not get to say. */
static void doubt(struct daemon *d)
{
	int there = d->nft.fd < 0 ? -EBADF : quarantine_present(&d->nft, NULL);

	if (there >= 0)
		d->laid = there > 0;
	d->relay = true;
}

void enforce(struct daemon *d)
{
	bool wanted = enforce_wanted(d);
	struct fault fault = { 0 };
	int r = bring_to(d, wanted, &fault);
	const char *why = r == 0 ? "" : *fault.why ? fault.why : strerror(-r);

	if (r < 0)
		doubt(d);
	else if (*d->enforce_fault)
		log_notice("the quarantine is %s now", wanted ? "laid" : "lifted");
	if (r < 0 && strcmp(d->enforce_fault, why))
		log_entry(LOG_ID_UNENFORCED, NULL,
			  "the quarantine could not be %s: %s; trying again",
			  wanted ? "laid" : "lifted", why);
	snprintf(d->enforce_fault, sizeof(d->enforce_fault), "%s", why);
}
