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
#include "agent/posture/apt-host.h"
#include "agent/posture/apt.h"
#include "agent/posture/list.h"

#define NAMES_MAX   8192
#define SUITES_MAX  256
#define CLOCKS_DIFF 86400 /* seconds that a mirror may be ahead of us */

struct apt {
	struct candidate *candidates;
	struct pins *pins;
	struct suite suites[SUITES_MAX];
	size_t n_suites;
	struct apt_host host;
	struct seen seen;
};

DEFINE_DROP(apt, apt_free)

struct apt *apt_free(struct apt *a)
{
	for (size_t i = 0; a && i < a->n_suites; i++)
		free(a->suites[i].text);
	if (a) {
		free(a->candidates);
		apt_host_drop(&a->host);
		pins_free(a->pins);
	}
	free(a);
	return NULL;
}

const struct candidate *apt_candidate(const struct apt *a, size_t i)
{
	return &a->candidates[i];
}

const struct seen *apt_seen(const struct apt *a)
{
	return &a->seen;
}

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

struct scan {
	const struct apt_ask *ask;
	struct apt *apt;
	struct inventory *inv;
	int lists; /* the folder */
	struct apt_host *host;
	struct names names;
	char foreign[64]; /* a security suite of another release */
	int err;	  /* the first doubt, and why; what comes after it is read all the same */
	struct fault *fault;
};

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

static void doubt(struct scan *s, int err, const char *name, const char *why)
{
	if (!s->err)
		s->err = fault_set(s->fault, err, "apt's list %s: %s", name, why);
}

static int64_t last_update(const struct suite *suite)
{
	return suite->release.date > suite->fetched ? suite->release.date : suite->fetched;
}

static int check_fresh(struct scan *s, const struct suite *suite)
{
	const struct release *r = &suite->release;
	struct word name = release_name(r);
	int64_t updated = last_update(suite), now = s->ask->now;
	uint64_t age = now > updated ? (uint64_t)(now - updated) : 0;
	char is[SPAN_TEXT], may[SPAN_TEXT];

	if (r->date > now + CLOCKS_DIFF)
		return fault_set(s->fault, -ETIME, "the package lists of %.*s are from the future",
				 (int)name.len, name.p);
	if (r->valid_until && r->valid_until < now)
		return fault_set(s->fault, -ESTALE,
				 "the package lists of %.*s are no longer valid since %s",
				 (int)name.len, name.p,
				 span_text((uint64_t)(now - r->valid_until), is));
	if (age > s->ask->max_age)
		return fault_set(s->fault, -ESTALE,
				 "the package lists of %.*s were last updated %s ago; the policy "
				 "allows %s",
				 (int)name.len, name.p, span_text(age, is),
				 span_text(s->ask->max_age, may));
	return 0;
}

/* One file whose name begins as its suite's does: 1 when it is, or would be, a package list. */
static int read_if_list(struct scan *s, const struct suite *suite, const char *name)
{
	const struct list_ask ask = {
		.lists = s->lists,
		.suite = suite,
		.name = name,
		.below = name + suite->stem_len,
		.pins = s->apt->pins,
		.phasing = s->host->conf.phasing,
		.architectures = s->host->conf.architectures,
		.machine_id = { s->host->machine_id, strlen(s->host->machine_id) },
	};
	struct fault why = { 0 };
	int r;

	if (!list_is_one(ask.below))
		return 0;
	r = list_read(&ask, s->inv, s->apt->candidates, &why);
	if (r < 0)
		doubt(s, r, name, why.why[0] ? why.why : strerror(-r));
	return 1;
}

/* Every list of a suite. */
static void read_lists(struct scan *s, const struct suite *suite)
{
	int n = 0;

	for (int i = 0; i < s->names.n; i++) {
		const char *name = s->names.rows[i]->d_name;

		if (!strncmp(name, suite->name, suite->stem_len))
			n += read_if_list(s, suite, name);
	}
	if (!n && suite->role == SUITE_SECURITY)
		doubt(s, -ENOENT, suite->name, "no package list belongs to it");
}

static void note_security(struct scan *s, const struct suite *suite)
{
	int64_t valid_until = suite->release.valid_until;
	int r = check_fresh(s, suite);

	if (r < 0 && !s->err)
		s->err = r;
	seen_add(&s->apt->seen, suite->title, last_update(suite),
		 valid_until ? valid_until : INT64_MAX);
}

/* Without a host the release is the one that the first security suite is of. */
static void derive_release(struct scan *s, const struct release *r)
{
	static const char end[] = "-security";
	struct word name = r->codename;

	if (s->ask->root >= 0 || s->host->of.codename.len || !release_is_security(r))
		return;
	if (name.len > strlen(end) && !memcmp(name.p + name.len - strlen(end), end, strlen(end)))
		name.len -= strlen(end);
	s->host->of.codename = name;
}

/*
 * When apt has fetched the file, or heard that it is unchanged, it sets its times, and so that of
 * its change; it leaves it alone when the suite was out of reach, or what came was refused.
 */
static int64_t read_fetched(const struct scan *s, const char *name)
{
	struct stat st;

	if (s->ask->root < 0 || fstatat(s->lists, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    st.st_ctime > s->ask->now + CLOCKS_DIFF)
		return 0;
	return st.st_ctime;
}

static void read_suite(struct scan *s, const char *name, size_t stem)
{
	_free_ char *text = NULL;
	struct fault why = { 0 };
	/* The time first: apt may put a newer file there in between. */
	struct suite suite = { .name = name, .stem_len = stem, .fetched = read_fetched(s, name) };
	struct word title;
	size_t len;
	int r = io_read(s->lists, name, RELEASE_MAX, &text, &len);

	if (r == 0)
		r = release_parse(text, len, &suite.release, &why);
	if (r == 0 && s->apt->n_suites == SUITES_MAX)
		r = -E2BIG;
	if (r < 0) {
		doubt(s, r, name, why.why[0] ? why.why : strerror(-r));
		return;
	}
	derive_release(s, &suite.release);
	title = release_name(&suite.release);
	snprintf(suite.title, sizeof(suite.title), "%.*s", (int)title.len, title.p);
	suite.text = take(text);
	s->apt->suites[s->apt->n_suites++] = suite;
}

/* InRelease is preferred, as apt does; a Release beside it is a leftover. */
static void read_suites(struct scan *s)
{
	static const char in[] = "InRelease", plain[] = "Release";

	for (int i = 0; i < s->names.n; i++) {
		const char *name = s->names.rows[i]->d_name;
		size_t len = strlen(name);

		if (ends_in(name, "_InRelease"))
			read_suite(s, name, len - strlen(in));
		else if (ends_in(name, "_Release") &&
			 !has_name(&s->names, name, len - strlen(plain), in))
			read_suite(s, name, len - strlen(plain));
	}
}

static bool same_letters(struct word a, struct word b)
{
	return a.len && a.len == b.len && !strncasecmp(a.p, b.p, a.len);
}

/* Others give their suites the names of Debian's: the origin says whose it is. */
static bool is_ours(const struct scan *s, const struct release *r)
{
	if (same_letters(r->origin, s->host->of.id))
		return true;
	for (size_t i = 0; i < s->apt->n_suites; i++)
		if (s->apt->suites[i].role == SUITE_SECURITY &&
		    same_letters(r->origin, s->apt->suites[i].release.origin))
			return true;
	return false;
}

static void cast_roles(struct scan *s)
{
	for (size_t i = 0; i < s->apt->n_suites; i++) {
		struct suite *suite = &s->apt->suites[i];

		suite->role = release_role(&suite->release, &s->host->of);
		if (suite->role == SUITE_SECURITY)
			note_security(s, suite);
		else if (release_is_security(&suite->release))
			snprintf(s->foreign, sizeof(s->foreign), "%s", suite->title);
	}
	for (size_t i = 0; i < s->apt->n_suites; i++)
		if (s->apt->suites[i].role != SUITE_SECURITY &&
		    !is_ours(s, &s->apt->suites[i].release))
			s->apt->suites[i].role = SUITE_OTHER;
}

/*
 * Point releases take fixes out of the security suite into the release, and nothing in a list
 * says which of its versions those are: without a feed all of them count.
 */
static bool does_count(const struct apt_ask *ask, enum suite_role role)
{
	if (role == SUITE_OTHER)
		return false;
	return ask->all || role == SUITE_SECURITY || (role == SUITE_BASE && !ask->feed);
}

static void read_all(struct scan *s)
{
	struct word here = s->host->of.codename.len ? s->host->of.codename : s->host->of.version;

	read_suites(s);
	cast_roles(s);
	for (size_t i = 0; i < s->apt->n_suites; i++) {
		struct suite *suite = &s->apt->suites[i];

		suite->counts = does_count(s->ask, suite->role);
		if (suite->counts || (s->ask->feed && suite->role != SUITE_OTHER))
			read_lists(s, suite);
	}
	if (s->apt->seen.n || s->err)
		return;
	if (s->foreign[0])
		s->err = fault_set(s->fault, -ENOENT,
				   "%s is of another release than this host's %.*s", s->foreign,
				   (int)here.len, here.p);
	else
		s->err = fault_set(s->fault, -ENOENT,
				   "no security suite among apt's package lists");
}

static int read_host(struct scan *s)
{
	int r;

	s->err = apt_host_read(s->ask->root, s->inv, s->host, s->fault);
	if (s->err == -ENOMEM)
		return s->err;
	r = pins_read(s->ask->root, &s->host->conf, &s->apt->pins, s->fault);
	if (!s->err)
		s->err = r;
	return r == -ENOMEM ? r : 0;
}

static int is_index(const struct dirent *e)
{
	return ends_in(e->d_name, "Release") || strstr(e->d_name, "Packages");
}

static void scan(struct scan *s)
{
	s->names.n = s->lists < 0 ? -1
				  : scandirat(s->lists, ".", &s->names.rows, is_index, alphasort);
	if (s->names.n < 0)
		s->err = fault_set(s->fault, -errno, "/%s: %s", s->ask->lists, strerror(errno));
	else if (s->names.n > NAMES_MAX)
		s->err = fault_set(s->fault, -E2BIG, "/%s: more than %d files", s->ask->lists,
				   NAMES_MAX);
	else
		read_all(s);
	drop_names(&s->names);
}

int apt_read(const struct apt_ask *ask, struct inventory *inv, struct apt **ret,
	     struct fault *fault)
{
	_close_ int lists = openat(ask->root >= 0 ? ask->root : AT_FDCWD, ask->lists,
				   O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_drop_(drop_apt) struct apt *a = calloc(1, sizeof(*a));
	_free_ struct scan *s = calloc(1, sizeof(*s));
	size_t n;
	int r;

	inventory_list(inv, &n);
	if (a)
		a->candidates = calloc(n + 1, sizeof(*a->candidates));
	if (!a || !s || !a->candidates)
		return -ENOMEM;
	r = inventory_index(inv);
	if (r < 0)
		return r;
	*s = (struct scan){ ask, a, inv, lists, &a->host, .fault = fault };
	r = ask->root >= 0 ? read_host(s) : 0;
	if (r < 0)
		return r;
	if (!s->err)
		scan(s);
	*ret = take(a);
	return s->err;
}
