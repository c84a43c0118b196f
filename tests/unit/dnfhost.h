/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host with repositories, and what is found by them. */
#pragma once

#include <errno.h>

#include "agent/posture/dnf.h"
#include "agent/posture/findings.h"
#include "agent/posture/repos.h"
#include "tests/unit/rpmhost.h"
#include "tests/unit/test.h"

DEFINE_DROP(dnf, dnf_free)
DEFINE_DROP(findings, findings_free)
DEFINE_DROP(inventory, inventory_free)

#define DAY    86400
#define EXTRAS 5
#define CACHE  RPMHOST_CACHE "repodata/"
#define REPO   DNF_REPOS "/updates.repo"

/* The same for most: a, of which 3-1 is offered, and 2-1 was for security. */
#define PRIMARY                                                    \
	"<metadata>" RPMHOST_PACKAGE("a", "0", "1", "1", "x86_64") \
		RPMHOST_PACKAGE("a", "0", "3", "1", "x86_64")      \
			RPMHOST_PACKAGE("b", "2", "1", "5", "noarch") "</metadata>"
#define SECURITY "type=\"security\" status=\"final\""
#define UPDATEINFO                                                                             \
	"<updates>" RPMHOST_UPDATE(SECURITY, "X-1",                                            \
				   "<issued date=\"2026-11-01 10:00:00\"/><severity>Important" \
				   "</severity>",                                              \
				   RPMHOST_ADVISED("a", "0", "2", "1", "x86_64")) "</updates>"

struct extra {
	const char *path, *text;
};

struct row {
	const char *what, *installed;
	const char *primary, *updateinfo; /* NULL: those above */
	struct extra extras[EXTRAS];
	int err;
	const char *why;
	/* "PACKAGE ARCH INSTALLED FIXED FROM STATE SEVERITY IDS WHY", a line each */
	const char *found;
};

#define PLAIN                                                                  \
	{                                                                      \
		.what = "an update with one for security before it",           \
		.installed = "a-1-1.x86_64 b-2:1-5.noarch",                    \
		.found = "a x86_64 1-1 3-1 updates fix-available high X-1 \n", \
	}

static void put_host(const struct root *r, const struct row *row)
{
	assert_int_equal(rpmhost_put(r, REPO, RPMHOST_REPO), 0);
	assert_int_equal(rpmhost_put(r, CACHE "repomd.xml", RPMHOST_REPOMD), 0);
	assert_int_equal(rpmhost_put(r, CACHE "primary.xml", row->primary ? row->primary : PRIMARY),
			 0);
	assert_int_equal(rpmhost_put(r, CACHE "updateinfo.xml",
				     row->updateinfo ? row->updateinfo : UPDATEINFO),
			 0);
	for (size_t i = 0; i < EXTRAS && row->extras[i].path; i++)
		assert_int_equal(rpmhost_put(r, row->extras[i].path, row->extras[i].text), 0);
}

static void write_down(const struct findings *f, char *out, size_t room)
{
	size_t n, len = 0;
	const struct patch *p = findings_list(f, &n);

	*out = '\0';
	for (; n--; p++)
		len += (size_t)snprintf(out + len, room - len, "%s %s %s %s %s %s %s %s %s\n",
					p->package, p->arch, p->installed, p->fixed, p->from,
					patch_state_names[p->state], severity_names[p->severity],
					p->ids, p->why);
}

static int look(const struct root *r, const char *installed, const struct dnf_ask *ask, bool all,
		char *found, size_t room, struct fault *fault)
{
	_drop_(drop_inventory) struct inventory *inv = rpmhost_inventory(installed);
	_drop_(drop_dnf) struct dnf *dnf = NULL;
	_drop_(drop_findings) struct findings *f = NULL;
	struct dnf_ask of = *ask;
	int err;

	of.root = r->fd;
	assert_non_null(inv);
	err = dnf_read(&of, inv, &dnf, fault);
	*found = '\0';
	if (!dnf)
		return err;
	assert_int_equal(findings_make_rpm(inv, dnf, NULL, all, &f), 0);
	write_down(f, found, room);
	return err;
}
