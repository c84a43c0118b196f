// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What dnf and zypper fetched and have configured, one file at a time by the first byte: index,
 * packages, advisories, modules, configuration, locks.  Whatever stands there, a look ends, and
 * what it tells of is installed and older than what is offered.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "agent/base/count.h"
#include "agent/posture/dnf.h"
#include "agent/posture/findings.h"
#include "agent/posture/repos.h"
#include "policy/version.h"
#include "tests/unit/rpmhost.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define INSTALLED "a-1-1.x86_64 b-2:1-1.noarch"

static const struct file {
	char letter;
	const char *path, *text; /* as it is while another is tried */
} files[] = {
	{ 'i', RPMHOST_CACHE "repodata/repomd.xml", RPMHOST_INDEX },
	{ 'p', RPMHOST_CACHE "repodata/primary.xml",
	  "<metadata>" RPMHOST_PACKAGE("a", "0", "2", "1", "x86_64") "</metadata>" },
	{ 'u', RPMHOST_CACHE "repodata/updateinfo.xml",
	  "<updates>" RPMHOST_UPDATE("type=\"security\"", "X-1", "",
				     RPMHOST_ADVISED("a", "0", "2", "1", "x86_64")) "</updates>" },
	{ 'm', RPMHOST_CACHE "repodata/modules.yaml",
	  "---\ndocument: modulemd\ndata:\n  name: m\n  stream: 1\n" },
	{ 'c', DNF_REPOS "/updates.repo", RPMHOST_REPO },
	{ 'd', DNF_CONF, "[main]\n" },
	{ 'e', "etc/dnf/modules.d/m.module", "[m]\nstream=1\nstate=enabled\n" },
	{ 'v', "etc/dnf/plugins/versionlock.list", "" },
	{ 't', "etc/dnf/versionlock.toml", "" },
	{ 'w', "etc/dnf/plugins/versionlock.conf", "[main]\nenabled=1\n" },
};

/* They keep zypper's locks apart from dnf's files: its folder of repositories decides. */
static const struct file zypp[] = {
	{ 'z', "etc/zypp/locks", "" },
	{ 'y', ZYPP_REPOS "/u.repo", RPMHOST_REPO },
	{ 0, ZYPP_CACHE "/updates/repodata/repomd.xml", RPMHOST_REPOMD },
	{ 0, ZYPP_CACHE "/updates/repodata/primary.xml",
	  "<metadata>" RPMHOST_PACKAGE("a", "0", "2", "1", "x86_64") "</metadata>" },
	{ 0, ZYPP_CACHE "/updates/repodata/updateinfo.xml", "<updates/>" },
};

static struct root roots[2] = { { .fd = -1 }, { .fd = -1 } };

static void leave(void)
{
	root_close(&roots[0]);
	root_close(&roots[1]);
}

static void start(void)
{
	if (root_open(&roots[0]) < 0 || root_open(&roots[1]) < 0)
		abort();
	atexit(leave);
	for (size_t i = 0; i < COUNT(files); i++)
		if (rpmhost_put(&roots[0], files[i].path, files[i].text) < 0)
			abort();
	for (size_t i = 0; i < COUNT(zypp); i++)
		if (rpmhost_put(&roots[1], zypp[i].path, zypp[i].text) < 0)
			abort();
}

static void check(const struct findings *f)
{
	size_t n;
	const struct patch *p = findings_list(f, &n);

	for (; n--; p++) {
		if (strcmp(p->package, "a") && strcmp(p->package, "b"))
			abort();
		if (p->state == PATCH_NO_FIX ||
		    version_compare_rpm(p->installed, strlen(p->installed), p->fixed,
					strlen(p->fixed)) >= 0)
			abort();
	}
}

static void look(const struct root *r)
{
	const struct dnf_ask ask = { .root = r->fd, .now = INT32_MAX, .max_age = UINT64_MAX };
	struct inventory *inv = rpmhost_inventory(INSTALLED);
	struct fault fault = { 0 };
	struct findings *f = NULL;
	struct dnf *dnf = NULL;
	int err = inv ? dnf_read(&ask, inv, &dnf, &fault) : -ENOMEM;

	if ((err < 0) != (fault.why[0] != '\0'))
		abort();
	for (int all = 0; dnf && all < 2; all++) {
		if (findings_make_rpm(inv, dnf, NULL, all, &f) < 0)
			abort();
		check(f);
		findings_free(f);
	}
	dnf_free(dnf);
	inventory_free(inv);
}

static void fuzz(const struct root *r, const struct file *table, size_t n, const uint8_t *data,
		 size_t len)
{
	for (size_t i = 0; i < n; i++) {
		if (!table[i].letter || table[i].letter != (char)data[0])
			continue;
		if (root_put(r, table[i].path, data + 1, len - 1) < 0)
			abort();
		look(r);
		if (rpmhost_put(r, table[i].path, table[i].text) < 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (roots[0].fd < 0)
		start();
	if (len) {
		fuzz(&roots[0], files, COUNT(files), data, len);
		fuzz(&roots[1], zypp, COUNT(zypp), data, len);
	}
	return 0;
}
