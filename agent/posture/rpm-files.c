// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fnmatch.h>
#include <rpm/header.h>
#include <rpm/rpmdb.h>
#include <rpm/rpmfi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/posture/rpm-database.h"
#include "agent/posture/rpm.h"

/* Whether the file has to be as it was packaged: there, and the same. */
static bool is_fixed(rpmfi f)
{
	return rpmfiFState(f) == RPMFILE_STATE_NORMAL &&
	       !(rpmfiFFlags(f) & (RPMFILE_CONFIG | RPMFILE_GHOST | RPMFILE_MISSINGOK)) &&
	       rpmfiVFlags(f) & RPMVERIFY_FILEDIGEST;
}

static int put_hash(FILE *out, rpmfi f)
{
	const char *path = rpmfiFN(f);
	_free_ char *hash = S_ISREG(rpmfiFMode(f)) ? rpmfiFDigestHex(f, NULL) : NULL;

	if (!hash || !*hash || !is_fixed(f))
		return 0;
	if (*path != '/' || strchr(path, '\n'))
		return -EBADMSG;
	return fprintf(out, "%s  %s\n", hash, path + 1) < 0 ? -ENOMEM : 0;
}

static int put_hashes(FILE *out, Header h)
{
	rpmfi f = rpmfiNew(NULL, h, RPMTAG_BASENAMES, RPMFI_FLAGS_VERIFY);
	int r = f ? 0 : -EBADMSG;

	while (r == 0 && rpmfiNext(f) >= 0)
		r = put_hash(out, f);
	rpmfiFree(f);
	return r;
}

/* Of several architectures, or versions, all are there. */
static int put_package(rpmts ts, const char *package, FILE *out)
{
	rpmdbMatchIterator all = rpmtsInitIterator(ts, RPMDBI_NAME, package, 0);
	int r = -ENOENT;
	Header h;

	while ((r == 0 || r == -ENOENT) && (h = rpmdbNextIterator(all)))
		r = put_hashes(out, h);
	rpmdbFreeIterator(all);
	return r;
}

/* 1: it is one of them. */
static int put_name(FILE *out, const char *pattern, const void *key, size_t len)
{
	_free_ char *name = strndup(key, len);

	if (!name)
		return -ENOMEM;
	if (fnmatch(pattern, name, 0) != 0)
		return 0;
	return fprintf(out, "%s\n", name) < 0 ? -ENOMEM : 1;
}

static int put_names(rpmts ts, const char *pattern, FILE *out)
{
	rpmdbIndexIterator all = rpmdbIndexIteratorInit(rpmtsGetRdb(ts), RPMDBI_NAME);
	int r = all ? 0 : -EBADMSG;
	bool any = false;
	const void *key;
	size_t len;

	while (r >= 0 && rpmdbIndexIteratorNext(all, &key, &len) == 0) {
		r = put_name(out, pattern, key, len);
		any |= r > 0;
	}
	rpmdbIndexIteratorFree(all);
	return r < 0 ? r : any ? 0 : -ENOENT;
}

static int put_owner(rpmts ts, const char *path, FILE *out)
{
	rpmdbMatchIterator of = rpmtsInitIterator(ts, RPMDBI_INSTFILENAMES, path, 0);
	Header h = rpmdbNextIterator(of);
	const char *name = h ? headerGetString(h, RPMTAG_NAME) : NULL;
	int r = !name ? -ENOENT : fputs(name, out) < 0 ? -ENOMEM : 0;

	rpmdbFreeIterator(of);
	return r;
}

/* What one of those puts, of a database that is whole. */
static int ask(int root, int (*put)(rpmts ts, const char *what, FILE *out), const char *what,
	       char **ret)
{
	char why[RPM_WHY_MAX] = "";
	_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	rpmts ts;
	int r;

	if (!out)
		return -ENOMEM;
	r = rpm_database_open(root, why, &ts);
	if (r == 0) {
		r = put(ts, what, out);
		r = r != -ENOMEM && *why ? -EBADMSG : r;
	}
	rpm_database_close(ts);
	if (fclose(out) != 0)
		r = -ENOMEM;
	if (r == 0)
		*ret = take(text);
	return r;
}

int rpm_hashes(int root, const char *package, char **ret)
{
	return ask(root, put_package, package, ret);
}

int rpm_names(int root, const char *pattern, char **ret)
{
	return ask(root, put_names, pattern, ret);
}

int rpm_owner(int root, const char *path, char **ret)
{
	return ask(root, put_owner, path, ret);
}
