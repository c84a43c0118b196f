// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * make-patches DIR PACKAGES ADVISORIES - a host by chance, and what is known of it, in the form
 * that each of those wants who are measured:
 *
 *	DIR/status	dpkg's status file, with stanzas as long as real ones
 *	DIR/feed	for lazaret, as lazaret-policy makes it
 *	DIR/advisories	"SOURCE FIXED" a line, for the limit
 *	DIR/debsecan.txt	debsecan's form, before its compression
 *	DIR/Packages	what apt would be offered
 *	DIR/truth	the packages that are vulnerable, in order
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/publisher/feed-rows.h"

#define BINARIES 3  /* of one source, on average */
#define PENDING	 20 /* one source in so many lacks a fix */
#define OFFER                             \
	"Filename: pool/x.deb\nSize: 1\n" \
	"SHA256: 0000000000000000000000000000000000000000000000000000000000000000\n"

struct source {
	char name[40], version[40];
	char fixed[40]; /* the newest fix */
	bool pending;
};

struct made {
	struct source *sources;
	size_t n_sources, n_packages, n_advisories;
	unsigned seed;
	struct feed_rows rows;
	FILE *advisories, *debsecan, *debsecan_names;
};

static FILE *create(const char *dir, const char *name)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f) {
		perror(path);
		exit(1);
	}
	return f;
}

static unsigned chance(struct made *m, unsigned of)
{
	return (unsigned)rand_r(&m->seed) % of;
}

static void name_source(struct made *m, size_t i)
{
	static const char *const heads[] = { "lib",   "python-", "golang-", "gnome-", "kf5-",
					     "perl-", "ruby-",	 "x11-",    "rust-",  "" };
	static const char *const tails[] = { "core",  "ssl",  "xml",  "image", "net",  "crypt",
					     "audio", "util", "data", "font",  "http", "parse" };
	struct source *s = &m->sources[i];

	snprintf(s->name, sizeof(s->name), "%s%s%zu", heads[chance(m, 10)], tails[chance(m, 12)],
		 i);
	s->pending = i % PENDING == 0;
	snprintf(s->version, sizeof(s->version), "%s%u.%u.%u-%u+deb12u%u",
		 chance(m, 20) ? "" : "1:", 1 + chance(m, 9), chance(m, 30), chance(m, 20),
		 1 + chance(m, 4), 2 + chance(m, 5));
	strcpy(s->fixed, s->version);
	/* The next stable update has the fix, or this one already has it. */
	if (s->pending)
		strcat(s->fixed, "+1");
}

static uint32_t text(struct made *m, const char *t)
{
	uint32_t at;

	if (rows_put_text(&m->rows, t, strlen(t), &at) < 0)
		abort();
	return at;
}

/* One advisory; older ones than the newest fix are fixed in older versions. */
static void put_advisory(struct made *m, size_t number, const char *source, const char *fixed)
{
	char id[32];
	struct feed_row row = {
		.kind = PACKAGE_SOURCE,
		.state = ADVISORY_FIXED,
		.severity = (enum severity)(SEVERITY_LOW + chance(m, 4)),
		.published = 1700000000 + (int64_t)number * 3600,
		.bound_is = BOUND_FIXED,
		.source = (uint32_t)number,
	};

	snprintf(id, sizeof(id), "CVE-2026-%zu", 1000 + number);
	row.package = text(m, source);
	row.id = text(m, id);
	row.bound = text(m, fixed);
	if (rows_add(&m->rows, &row) < 0)
		abort();
	fprintf(m->advisories, "%s %s\n", source, fixed);
	fprintf(m->debsecan_names, "%s,,made for measuring\n", id);
	fprintf(m->debsecan, "%s,%zu,SM F,%s,\n", source, number, fixed);
}

/* One for each source that lacks a fix; half of the rest for sources that are here. */
static void put_advisories(struct made *m)
{
	size_t n = 0;
	char other[64];

	for (size_t i = 0; i < m->n_sources && n < m->n_advisories; i += PENDING)
		put_advisory(m, n++, m->sources[i].name, m->sources[i].fixed);
	for (; n < m->n_advisories; n++) {
		const struct source *s = &m->sources[chance(m, (unsigned)m->n_sources)];

		if (n % 2) {
			snprintf(other, sizeof(other), "absent-%u", chance(m, 20000));
			put_advisory(m, n, other, "2.0-1");
		} else {
			put_advisory(m, n, s->name, n % 4 ? s->version : "0.9-1");
		}
	}
}

static void put_stanza(FILE *f, const char *name, const char *status, const struct source *s,
		       size_t i, const char *version)
{
	fprintf(f,
		"Package: %s\n%sPriority: optional\nSection: libs\nInstalled-Size: %zu\n"
		"Maintainer: Debian Somebody Maintainers <pkg-somebody@lists.invalid>\n"
		"Architecture: amd64\nMulti-Arch: same\nSource: %s\nVersion: %s\n"
		"Enhances: libc6 (>= 2.34), libgcc-s1 (>= 3.0), libstdc++6 (>= 5.2), libother%zu "
		"(= "
		"1.0)\n"
		"Suggests: something-doc\nBreaks: something-old (<< 1.2~)\n"
		"Description: made for measuring\n"
		" This text is as long as descriptions are, which is to say that it is long\n"
		" enough to be passed over for a while: most of a status file is like that.\n"
		" .\n This package holds the runtime files of number %zu.\n"
		"Homepage: https://www.example.invalid/%s/\n\n",
		name, status, 100 + i, s->name, version, i, i, name);
}

static void put_packages(struct made *m, const char *dir)
{
	FILE *status = create(dir, "status"), *list = create(dir, "Packages");
	FILE *truth = create(dir, "truth");
	char name[80];

	for (size_t i = 0; i < m->n_packages; i++) {
		const struct source *s = &m->sources[i / BINARIES];

		/* dpkg keeps its file in the order of names. */
		snprintf(name, sizeof(name), "p%06zu-%s", i, s->name);
		put_stanza(status, name, "Status: install ok installed\n", s, i, s->version);
		if (!s->pending)
			continue;
		put_stanza(list, name, OFFER, s, i, s->fixed);
		/* Fewer advisories than sources: the last ones have none. */
		if (i / BINARIES / PENDING < m->n_advisories)
			fprintf(truth, "%s\n", name);
	}
	if (fclose(status) || fclose(list) || fclose(truth))
		abort();
}

static void put_feed(struct made *m, const char *dir)
{
	const struct distro d = { "debian", "12" };
	struct fault fault = { 0 };
	_free_ char *bytes = NULL;
	FILE *f = create(dir, "feed");
	size_t len;

	if (rows_merge(&m->rows) < 0 ||
	    rows_write(&m->rows, &d, 1700000000, &bytes, &len, &fault) < 0 ||
	    fwrite(bytes, 1, len, f) != len || fclose(f))
		abort();
}

int main(int argc, char **argv)
{
	struct made m = { .seed = 7 };

	if (argc != 4)
		return 2;
	m.n_packages = strtoul(argv[2], NULL, 10);
	m.n_advisories = strtoul(argv[3], NULL, 10);
	m.n_sources = m.n_packages / BINARIES + 1;
	m.sources = calloc(m.n_sources, sizeof(*m.sources));
	if (!m.sources)
		return 1;
	m.advisories = create(argv[1], "advisories");
	m.debsecan = create(argv[1], "debsecan.rows");
	m.debsecan_names = create(argv[1], "debsecan.names");
	for (size_t i = 0; i < m.n_sources; i++)
		name_source(&m, i);
	put_advisories(&m);
	put_packages(&m, argv[1]);
	put_feed(&m, argv[1]);
	if (fclose(m.advisories) || fclose(m.debsecan) || fclose(m.debsecan_names))
		return 1;
	rows_free(&m.rows);
	free(m.sources);
	return 0;
}
