// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/posture/installed.h"

#define DPKG_FILES "var/lib/dpkg/info/%.*s%s%.*s.list"

/* dpkg writes the list of a package's files anew with each version; Multi-Arch: same has the arch.
 */
static int64_t installed_at(int root, const struct package *p)
{
	char path[512];
	struct stat st;

	for (int arch = 0; arch < 2; arch++) {
		snprintf(path, sizeof(path), DPKG_FILES, (int)p->name.len, p->name.p,
			 arch ? ":" : "", arch ? (int)p->arch.len : 0, p->arch.p);
		if (fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
			return st.st_mtime;
	}
	return 0;
}

/* Is this what the installed version brought, seen from the one that runs? */
static bool is_completed(const struct advisory *a, enum version_order order, struct word installed,
			 struct word runs)
{
	size_t len = strlen(a->fixed);
	int is = version_cmp(order, a->fixed, len, installed.p, installed.len);

	if (a->state != ADVISORY_FIXED)
		return false;
	if (!runs.len)
		return is == 0;
	return is <= 0 && version_cmp(order, a->fixed, len, runs.p, runs.len) > 0;
}

/* Debian and Ubuntu build the signed kernels of a source of their own: "linux-signed-amd64". */
static struct word advised_source(const struct package *p, struct word *version, char name[64])
{
	static const char head[] = "linux-signed";
	const struct word *s = &p->source;
	size_t n = strlen(head);

	*version = p->source_version;
	if (s->len < n || s->len >= 64 || memcmp(s->p, head, n))
		return *s;
	*version = p->version;
	snprintf(name, 64, "linux%.*s", (int)(s->len - n), s->p + n);
	n = strlen(name);
	if (p->arch.len + 1 < n && name[n - p->arch.len - 1] == '-' &&
	    !memcmp(name + n - p->arch.len, p->arch.p, p->arch.len))
		name[n -= p->arch.len + 1] = '\0';
	return (struct word){ name, n };
}

static void note(const struct advisory *a, char ids[INSTALLED_IDS], struct patch *row)
{
	size_t len = strlen(ids), id = strlen(a->id);
	int64_t *earliest = &row->by[a->severity].earliest;

	if (a->severity > row->severity)
		row->severity = a->severity;
	if (!row->by[a->severity].n++ || (a->published && a->published < *earliest))
		*earliest = a->published;
	if (len + id + 2 <= INSTALLED_IDS)
		snprintf(ids + len, INSTALLED_IDS - len, "%s%s", len ? " " : "", a->id);
}

void installed_rate(int root, const struct feed *feed, const struct package *p, struct word runs,
		    char ids[INSTALLED_IDS], struct patch *row)
{
	struct feed_about about = { 0 };
	struct word version[PACKAGE_KINDS] = { [PACKAGE_BINARY] = p->version };
	struct word names[PACKAGE_KINDS] = { [PACKAGE_BINARY] = p->name };
	struct feed_walk walk;
	struct advisory a;
	char source[64];

	names[PACKAGE_SOURCE] = advised_source(p, &version[PACKAGE_SOURCE], source);
	ids[0] = '\0';
	row->ids = ids;
	row->obtainable = installed_at(root, p);
	if (feed)
		feed_tell(feed, &about);
	for (unsigned kind = 0; kind < PACKAGE_KINDS; kind++) {
		if (!about.has[kind] || !feed_find(feed, (enum package_kind)kind, names[kind].p,
						   names[kind].len, &walk))
			continue;
		while (feed_next(&walk, &a))
			if (is_completed(&a, about.order, version[kind], runs))
				note(&a, ids, row);
	}
}
