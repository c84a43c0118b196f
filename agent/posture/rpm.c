// SPDX-License-Identifier: GPL-2.0-or-later
/* What rpm has installed, read by its own library: the database's format is its private matter. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <rpm/rpmdb.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmlog.h>
#include <rpm/rpmmacro.h>
#include <rpm/rpmts.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/posture/evr.h"
#include "agent/posture/inventory.h"

#define PACKAGES_FEW 512
#define TEXT_MAX     1024

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

/* Of what the library would print the first error is the reason why it fails. */
static int keep_first(rpmlogRec rec, void *data)
{
	char *why = data;

	if (!*why && rpmlogRecPriority(rec) <= RPMLOG_ERR) {
		snprintf(why, TEXT_MAX, "%s", rpmlogRecMessage(rec));
		why[strcspn(why, "\n")] = '\0';
	}
	return 0;
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

/* The library takes paths only; reading needs no lock and no signature. */
static int open_database(int root, char why[TEXT_MAX], rpmts *ret)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", root);
	rpmlogSetCallback(keep_first, why);
	rpmReadConfigFiles(NULL, NULL);
	/* Where this root has it, which may be of another distribution than the library. */
	rpmPushMacro(NULL, "_dbpath", NULL,
		     faccessat(root, "usr/lib/sysimage/rpm", F_OK, 0) ? "/var/lib/rpm"
								      : "/usr/lib/sysimage/rpm",
		     RMIL_CMDLINE);
	*ret = rpmtsCreate();
	rpmtsSetVSFlags(*ret, RPMVSF_MASK_NOSIGNATURES | RPMVSF_MASK_NODIGESTS);
	if (rpmtsSetRootDir(*ret, path) || rpmtsOpenDB(*ret, O_RDONLY))
		return -EIO;
	*why = '\0'; /* what did not keep it from being opened */
	return 0;
}

static void close_database(rpmts ts)
{
	rpmtsFree(ts);
	rpmlogSetCallback(NULL, NULL);
	rpmFreeMacros(NULL);
	rpmFreeRpmrc();
}

int rpm_read(int root, struct inventory **ret, struct fault *fault)
{
	_drop_(drop_inventory) struct inventory *inv = NULL;
	char why[TEXT_MAX] = "";
	rpmts ts;
	int r = inventory_new(MANAGER_RPM, PACKAGES_FEW, &inv);

	if (r < 0)
		return r;
	r = open_database(root, why, &ts);
	if (r < 0)
		fault_set(fault, r, "rpm's database: %s", *why ? why : strerror(-r));
	else
		r = read_all(ts, inv, why, fault);
	close_database(ts);
	if (r == 0)
		*ret = take(inv);
	return r;
}

int rpm_owner(int root, const char *path, char *ret, size_t room)
{
	char why[TEXT_MAX] = "";
	rpmdbMatchIterator of;
	const char *name;
	Header h;
	rpmts ts;
	int r = open_database(root, why, &ts);

	ret[0] = '\0';
	if (r == 0) {
		of = rpmtsInitIterator(ts, RPMDBI_INSTFILENAMES, path, 0);
		h = rpmdbNextIterator(of);
		name = h ? headerGetString(h, RPMTAG_NAME) : NULL;
		snprintf(ret, room, "%s", name ? name : "");
		rpmdbFreeIterator(of);
		if (!name && *why)
			r = -EIO;
	}
	close_database(ts);
	return r;
}
