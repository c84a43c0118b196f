// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <rpm/header.h>
#include <rpm/rpmdb.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/posture/evr.h"
#include "agent/posture/inventory.h"
#include "agent/posture/rpm-database.h"

#define PACKAGES_FEW 512

DEFINE_DROP(inventory, inventory_free)

static struct word text(const char *t)
{
	return (struct word){ t, t ? strlen(t) : 0 };
}

/* The epoch is the source package's, too: a file's name does not say it. */
static int add(struct inventory *inv, Header h)
{
	uint64_t number = headerGetNumber(h, RPMTAG_EPOCH);
	char epoch[24], evr[EVR_MAX], source_evr[EVR_MAX + 24];
	struct word version = { 0 };
	struct package p = { .name = text(headerGetString(h, RPMTAG_NAME)),
			     .arch = text(headerGetString(h, RPMTAG_ARCH)) };
	const char *v = headerGetString(h, RPMTAG_VERSION);
	const char *r = headerGetString(h, RPMTAG_RELEASE);

	/* Keys that packages are signed with stand in the database, too. */
	if (!p.arch.len && !strcmp(p.name.p ? p.name.p : "", "gpg-pubkey"))
		return 0;
	snprintf(epoch, sizeof(epoch), "%" PRIu64, number);
	if (!p.name.len || !v || !r || !evr_print(epoch, text(v), text(r), evr))
		return -EBADMSG;
	p.version = text(evr);
	if (evr_of_source(text(headerGetString(h, RPMTAG_SOURCERPM)), &p.source, &version) &&
	    version.len < EVR_MAX) {
		snprintf(source_evr, sizeof(source_evr), "%s%s%.*s", number ? epoch : "",
			 number ? ":" : "", (int)version.len, version.p);
		p.source_version = text(source_evr);
	}
	if (!p.arch.p)
		p.arch = text("noarch");
	return inventory_add(inv, &p);
}

/* At a page that is damaged the iterator ends as at the last package; only its log tells. */
static int read_all(rpmts ts, struct inventory *inv, const char *why, struct fault *fault)
{
	rpmdbMatchIterator all = rpmtsInitIterator(ts, RPMDBI_PACKAGES, NULL, 0);
	Header h;
	size_t n;
	int r = 0;

	while (r == 0 && (h = rpmdbNextIterator(all)))
		r = add(inv, h);
	rpmdbFreeIterator(all);
	inventory_list(inv, &n);
	if (r < 0)
		return fault_set(fault, r, "rpm's database: %s", strerror(-r));
	if (*why || !n)
		return fault_set(fault, -EBADMSG, "rpm's database: %s",
				 *why ? why : "no package is installed");
	return 0;
}

int rpm_read(int root, struct inventory **ret, struct fault *fault)
{
	_drop_(drop_inventory) struct inventory *inv = NULL;
	char why[RPM_WHY_MAX] = "";
	rpmts ts;
	int r = inventory_new(MANAGER_RPM, PACKAGES_FEW, &inv);

	if (r < 0)
		return r;
	r = rpm_database_open(root, why, &ts);
	if (r < 0)
		fault_set(fault, r, "rpm's database: %s", *why ? why : strerror(-r));
	else
		r = read_all(ts, inv, why, fault);
	rpm_database_close(ts);
	if (r == 0)
		*ret = take(inv);
	return r;
}
