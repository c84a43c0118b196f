// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/span.h"
#include "agent/posture/apt.h"
#include "agent/posture/release.h"

#define NAMES_MAX   8192
#define OS_MAX	    (64 * 1024)
#define CLOCKS_DIFF 86400 /* seconds that a mirror may be ahead of us */

/* The names of lists/, as apt makes them of URIs: '/' becomes '_'. */
struct names {
	struct dirent **rows;
	int n;
};

static void drop_names(struct names *names)
{
	for (int i = 0; i < names->n; i++)
		free(names->rows[i]);
	free(names->rows);
}

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && !strcmp(name + n - m, end);
}

static bool has_name(const struct names *names, const char *stem, size_t len, const char *end)
{
	for (int i = 0; i < names->n; i++)
		if (!strncmp(names->rows[i]->d_name, stem, len) &&
		    !strcmp(names->rows[i]->d_name + len, end))
			return true;
	return false;
}

struct scan {
	int lists; /* the folder */
	int64_t now, stamp;
	uint64_t max_age;
	struct names names;
	struct packages *packages;
	struct distribution of; /* this host */
	char foreign[64];	/* a security suite of another release */
	struct apt_seen seen;
	int err; /* the first doubt, and why; what comes after it is read all the same */
	struct fault *fault;
};

static void doubt(struct scan *s, int err, const char *name, const char *why)
{
	if (!s->err)
		s->err = fault_set(s->fault, err, "apt's list %s: %s", name, why);
}

/* When apt last said that every list was fetched or unchanged; 0 when it never did. */
static int64_t stamp_read(int root, int64_t now)
{
	struct stat st;

	if (fstatat(root, APT_STAMP, &st, 0) < 0 || st.st_mtime > now + CLOCKS_DIFF)
		return 0;
	return st.st_mtime;
}

static int check_fresh(struct scan *s, const struct release *r)
{
	struct word name = release_name(r);
	int64_t updated = r->date > s->stamp ? r->date : s->stamp;
	int64_t age = s->now > updated ? s->now - updated : 0;
	char is[SPAN_TEXT], may[SPAN_TEXT];

	if (r->date > s->now + CLOCKS_DIFF)
		return fault_set(s->fault, -ETIME, "the package lists of %.*s are from the future",
				 (int)name.len, name.p);
	if (r->valid_until && r->valid_until < s->now)
		return fault_set(s->fault, -ESTALE,
				 "the package lists of %.*s are no longer valid since %s",
				 (int)name.len, name.p,
				 span_text((uint64_t)(s->now - r->valid_until), is));
	if ((uint64_t)age > s->max_age)
		return fault_set(s->fault, -ESTALE,
				 "the package lists of %.*s were last updated %s ago; the policy "
				 "allows %s",
				 (int)name.len, name.p, span_text((uint64_t)age, is),
				 span_text(s->max_age, may));
	if (!s->seen.n_suites || updated < s->seen.updated)
		s->seen.updated = updated;
	return 0;
}

enum { PACKAGE, VERSION, ARCHITECTURE, FIELDS };
static const struct word fields[FIELDS] = {
	[PACKAGE] = WORD("Package"),
	[VERSION] = WORD("Version"),
	[ARCHITECTURE] = WORD("Architecture"),
};

DEFINE_DROP(deb822, deb822_close)

static int offer_stanzas(struct scan *s, struct deb822 *d, struct fault *fault)
{
	struct word v[FIELDS];
	int r;

	while ((r = deb822_next(d, v, fault)) > 0) {
		if (!v[PACKAGE].len || !v[VERSION].len || !v[ARCHITECTURE].len)
			return fault_set(fault, -EBADMSG,
					 "a stanza without Package, Version or Architecture");
		r = dpkg_offer(s->packages, v[PACKAGE], v[ARCHITECTURE], v[VERSION]);
		if (r < 0)
			break;
	}
	return r;
}

/* A component's list; `below` is its name behind the suite's: "main_binary-amd64_Packages". */
static int read_list(struct scan *s, const struct release *release, const char *name,
		     const char *below, struct fault *fault)
{
	_close_ int fd = openat(s->lists, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	_drop_(drop_deb822) struct deb822 *d = NULL;
	_free_ char *path = strdup(below);
	struct stat st;
	uint64_t size;
	bool known;
	int r;

	if (fd < 0 && errno == ENOENT)
		return fault_set(fault, -EAGAIN, "vanished while apt's lists were read");
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!path)
		return -ENOMEM;
	for (char *c = path; (c = strchr(c, '_'));)
		*c = '/';
	/* A suite's Release of now with a list of before: an update was broken off, or runs. */
	known = release_size(release, path, &size) == 0;
	if (known && size != (uint64_t)st.st_size)
		return fault_set(fault, -EBADMSG, "%lld bytes; its suite says %llu",
				 (long long)st.st_size, (unsigned long long)size);
	r = deb822_open(fd, fields, FIELDS, &d);
	if (r == 0)
		r = offer_stanzas(s, d, fault);
	if (r == 0 && !known && !deb822_closed(d))
		return fault_set(fault, -EBADMSG, "ends in the middle of a stanza");
	return r;
}

static bool is_packed(const char *tail)
{
	static const char *const tails[] = { ".lz4", ".gz", ".xz", ".zst", ".bz2", ".lzma" };

	for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++)
		if (!strcmp(tail, tails[i]))
			return true;
	return false;
}

/* One file whose name begins as its suite's does: 1 when it is, or would be, a package list. */
static int read_if_list(struct scan *s, const struct release *release, const char *name,
			const char *below)
{
	const char *tail = strstr(below, "Packages");
	struct fault why = { 0 };
	int r;

	if (!tail || (tail != below && tail[-1] != '_'))
		return 0;
	tail += strlen("Packages");
	if (is_packed(tail)) {
		doubt(s, -EOPNOTSUPP, name, "is compressed");
		return 1;
	}
	if (*tail)
		return 0;
	r = read_list(s, release, name, below, &why);
	if (r < 0)
		doubt(s, r, name, why.why[0] ? why.why : strerror(-r));
	return 1;
}

/* Every list of a suite; `stem` is how their names begin. */
static void read_lists(struct scan *s, const struct release *release, const char *stem, size_t len)
{
	int n = 0;

	for (int i = 0; i < s->names.n; i++) {
		const char *name = s->names.rows[i]->d_name;

		if (!strncmp(name, stem, len))
			n += read_if_list(s, release, name, name + len);
	}
	if (!n)
		doubt(s, -ENOENT, stem, "no package list belongs to it");
}

static void note_suite(struct apt_seen *seen, struct word name)
{
	size_t n = strlen(seen->suites);

	snprintf(seen->suites + n, sizeof(seen->suites) - n, "%s%.*s", n ? ", " : "", (int)name.len,
		 name.p);
	seen->n_suites++;
}

static void read_suite(struct scan *s, const char *name, size_t stem)
{
	_free_ char *text = NULL;
	struct fault why = { 0 };
	struct release release;
	size_t len;
	int r = io_read(s->lists, name, RELEASE_MAX, &text, &len);

	if (r == 0)
		r = release_parse(text, len, &release, &why);
	if (r < 0) {
		doubt(s, r, name, why.why[0] ? why.why : strerror(-r));
		return;
	}
	if (!release_is_security(&release))
		return;
	if (!release_is_for(&release, &s->of)) {
		struct word is = release_name(&release);

		snprintf(s->foreign, sizeof(s->foreign), "%.*s", (int)is.len, is.p);
		return;
	}
	r = check_fresh(s, &release);
	if (r < 0 && !s->err)
		s->err = r;
	note_suite(&s->seen, release_name(&release));
	read_lists(s, &release, name, stem);
}

/* InRelease is preferred, as apt does; a Release beside it is a leftover. */
static void read_suites(struct scan *s)
{
	static const char in[] = "InRelease", plain[] = "Release";
	struct word here = s->of.codename.len ? s->of.codename : s->of.version;

	for (int i = 0; i < s->names.n; i++) {
		const char *name = s->names.rows[i]->d_name;
		size_t len = strlen(name);

		if (ends_in(name, "_InRelease"))
			read_suite(s, name, len - strlen(in));
		else if (ends_in(name, "_Release") &&
			 !has_name(&s->names, name, len - strlen(plain), in))
			read_suite(s, name, len - strlen(plain));
	}
	if (s->seen.n_suites || s->err)
		return;
	if (s->foreign[0])
		s->err = fault_set(s->fault, -ENOENT,
				   "%s is of another release than this host's %.*s", s->foreign,
				   (int)here.len, here.p);
	else
		s->err = fault_set(s->fault, -ENOENT,
				   "no security suite among apt's package lists");
}

/* The value of one line, without its quotes (os-release(5)); of two lines the last one. */
static struct word os_value(const char *text, const char *name)
{
	struct word ret = { 0 };
	size_t n = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, n))
			continue;
		line += n;
		line += *line == '"' || *line == '\'';
		ret = (struct word){ line, strcspn(line, "\"'\n") };
	}
	return ret;
}

/* Which release this host is of; the words lie in *text, which the caller frees. */
static int read_distribution(int root, char **text, struct distribution *ret, struct fault *fault)
{
	struct distribution d;
	size_t len;
	int r = io_read(root, OS_RELEASE, OS_MAX, text, &len);

	if (r < 0)
		return fault_set(fault, r, "/%s: %s", OS_RELEASE, strerror(-r));
	d.codename = os_value(*text, "VERSION_CODENAME=");
	d.version = os_value(*text, "VERSION_ID=");
	if (!d.codename.len && !d.version.len)
		return fault_set(fault, -ENODATA, "/%s has no VERSION_CODENAME and no VERSION_ID",
				 OS_RELEASE);
	*ret = d;
	return 0;
}

static int is_index(const struct dirent *e)
{
	return ends_in(e->d_name, "Release") || strstr(e->d_name, "Packages");
}

int apt_offer(int root, int64_t now, uint64_t max_age, struct packages *p, struct apt_seen *ret,
	      struct fault *fault)
{
	_close_ int lists = openat(root, APT_LISTS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_drop_(drop_names) struct names names = { 0 };
	_free_ char *os = NULL;
	struct scan s = {
		lists, now, stamp_read(root, now), max_age, .packages = p, .fault = fault
	};
	int n, r = read_distribution(root, &os, &s.of, fault);

	if (r < 0)
		return r;
	n = lists < 0 ? -1 : scandirat(lists, ".", &names.rows, is_index, alphasort);
	if (n < 0)
		return fault_set(fault, -errno, "/%s: %s", APT_LISTS, strerror(errno));
	names.n = n;
	if (n > NAMES_MAX)
		return fault_set(fault, -E2BIG, "/%s: more than %d files", APT_LISTS, NAMES_MAX);
	s.names = names;
	read_suites(&s);
	if (s.err == 0)
		*ret = s.seen;
	return s.err;
}
