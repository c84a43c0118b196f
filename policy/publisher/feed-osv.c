// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/json.h"
#include "policy/publisher/cvss.h"
#include "policy/publisher/feed-import.h"

#define EVENTS_MAX 256

/*
 * What OSV calls a distribution's release, as patterns: %r is the release, %s SUSE's form of it,
 * "15 SP5" for 15.5.  And what its documents name: Rocky, SUSE and those of Debian's
 * kind name sources; SUSE also lists the binaries.
 */
static const struct {
	const char *id, *patterns[3];
	enum package_kind kind;
} worlds[] = {
	{ "debian", { "Debian:%r" }, PACKAGE_SOURCE },
	{ "ubuntu", { "Ubuntu:%r", "Ubuntu:%r:LTS" }, PACKAGE_SOURCE },
	{ "rocky", { "Rocky Linux:%r" }, PACKAGE_SOURCE },
	{ "almalinux", { "AlmaLinux:%r" }, PACKAGE_BINARY },
	{ "rhel", { "Red Hat:enterprise_linux:%r::*" }, PACKAGE_BINARY },
	{ "sles",
	  { "SUSE:Linux Enterprise Server %s", "SUSE:Linux Enterprise Server %r",
	    "SUSE:Linux Enterprise Module for * %s" },
	  PACKAGE_SOURCE },
	{ "opensuse-leap", { "openSUSE:Leap %r" }, PACKAGE_SOURCE },
	{ "alpine", { "Alpine:v%r" }, PACKAGE_SOURCE },
};
#define WORLDS (sizeof(worlds) / sizeof(*worlds))

static size_t find_world(const struct import *m)
{
	size_t i = 0;

	while (i < WORLDS - 1 && strcmp(worlds[i].id, m->kind->id))
		i++;
	return i;
}

static void put_release(const char *release, char form, char *out, size_t room)
{
	const char *dot = form == 's' ? strchr(release, '.') : NULL;

	if (dot && strcmp(dot, ".0"))
		snprintf(out, room, "%.*s SP%s", (int)(dot - release), release, dot + 1);
	else
		snprintf(out, room, "%.*s", dot ? (int)(dot - release) : DISTRO_TEXT, release);
}

static bool matches(const char *pattern, const char *release, const char *ecosystem)
{
	const char *mark = strchr(pattern, '%');
	char put[2 * DISTRO_TEXT], whole[4 * DISTRO_TEXT];

	put_release(release, mark[1], put, sizeof(put));
	snprintf(whole, sizeof(whole), "%.*s%s%s", (int)(mark - pattern), pattern, put, mark + 2);
	return fnmatch(whole, ecosystem, 0) == 0;
}

static bool concerns(const struct import *m, const char *ecosystem)
{
	size_t w = find_world(m);

	for (size_t i = 0; i < 3 && worlds[w].patterns[i]; i++)
		if (matches(worlds[w].patterns[i], m->distro.release, ecosystem))
			return true;
	for (size_t i = 0; i < m->n_ecosystems; i++)
		if (!strcmp(m->ecosystems[i], ecosystem))
			return true;
	return false;
}

/* One document, and of it the package that is being read. */
struct reading {
	struct import *m;
	const json_t *root, *affected;
	struct feed_row row; /* what all its rows have */
	const char *id;
	bool withdrawn, never; /* taken back; "fixed" since ever */
};

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static bool is_cve(const char *id)
{
	return !strncmp(id, "CVE-", 4);
}

/* "DEBIAN-CVE-2026-1" is CVE-2026-1, as the distribution sees it. */
static const char *own_id(const char *id)
{
	const char *cve = strstr(id, "-CVE-");

	return cve ? cve + 1 : id;
}

static void list_cves(const json_t *names, char *list, size_t *len)
{
	json_t *item;
	size_t i;

	json_array_foreach(names, i, item) {
		const char *id = json_string_value(item);
		size_t n = id ? strlen(id) : 0;

		if (!id || !is_cve(id) || n >= FEED_WORD_MAX || *len + n + 2 > FEED_TEXT_MAX ||
		    id[strspn(id, "CVE-0123456789")])
			continue;
		*len += (size_t)sprintf(list + *len, "%s%s", *len ? " " : "", id);
	}
}

/* The issues of an advisory, which each distribution keeps in another member. */
static int read_also(struct reading *r)
{
	static const char *const members[] = { "aliases", "upstream", "related" };
	char list[FEED_TEXT_MAX] = "";
	size_t len = 0;

	for (size_t i = 0; i < 3 && !len && !is_cve(r->id); i++)
		list_cves(json_object_get(r->root, members[i]), list, &len);
	return rows_put_text(&r->m->rows, list, len, &r->row.also);
}

/* The distribution's own word, else the one that the first vector stands for. */
static enum severity read_scores(const json_t *scores)
{
	enum severity by_vector = SEVERITY_UNKNOWN;
	const json_t *item;
	size_t i;

	json_array_foreach(scores, i, item) {
		const char *score = text_of(item, "score");
		enum severity s = import_severity(score);

		if (s)
			return s;
		if (!by_vector)
			by_vector = cvss_severity(score);
	}
	return by_vector;
}

/* "Important: kernel security update" */
static enum severity read_summary(const char *summary)
{
	char word[16];

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(summary, ":"), summary);
	return strchr(summary, ':') ? import_severity(word) : SEVERITY_UNKNOWN;
}

static enum severity read_severity(const struct reading *r)
{
	const json_t *own = json_object_get(r->affected, "ecosystem_specific");
	const json_t *theirs = json_object_get(r->root, "database_specific");
	const enum severity found[] = {
		import_severity(text_of(own, "urgency")),
		import_severity(text_of(own, "severity")),
		read_scores(json_object_get(r->affected, "severity")),
		import_severity(text_of(theirs, "severity")),
		read_summary(text_of(r->root, "summary")),
		read_scores(json_object_get(r->root, "severity")),
	};

	for (size_t i = 0; i < sizeof(found) / sizeof(*found); i++)
		if (found[i])
			return found[i];
	return SEVERITY_UNKNOWN;
}

static enum advisory_state judge(const struct reading *r, uint8_t bound_is)
{
	const char *urgency = text_of(json_object_get(r->affected, "ecosystem_specific"),
				      "urgency");

	if (r->withdrawn)
		return ADVISORY_WITHDRAWN;
	if (r->never)
		return ADVISORY_NOT_AFFECTED;
	if (!strcmp(urgency, "unimportant"))
		return ADVISORY_UNIMPORTANT;
	if (bound_is == BOUND_FIXED)
		return ADVISORY_FIXED;
	return strcmp(urgency, "end-of-life") ? ADVISORY_NO_FIX : ADVISORY_NEVER;
}

struct bounds {
	const char *introduced, *bound;
	uint8_t bound_is;
};

static int add(struct reading *r, const char *package, enum package_kind kind,
	       const struct bounds *b)
{
	struct feed_row row = r->row;
	int err;

	if (strstr(b->bound, ".module+el") || strstr(b->bound, ".module_el")) {
		import_leave(r->m, LEFT_MODULE, r->id);
		return 0;
	}
	row.kind = kind;
	row.state = judge(r, b->bound_is);
	row.bound_is = b->bound_is;
	err = *package ? import_word(r->m, package, &row.package) : -EINVAL;
	if (err == 0)
		err = import_word(r->m, strcmp(b->introduced, "0") ? b->introduced : "",
				  &row.introduced);
	if (err == 0)
		err = b->bound_is && !*b->bound ? -EINVAL : import_word(r->m, b->bound, &row.bound);
	if (err == -EINVAL) {
		import_leave(r->m, LEFT_FORM, r->id);
		return 0;
	}
	return err < 0 ? err : rows_add(&r->m->rows, &row);
}

/* SUSE: [{ BINARY: VERSION, ... }], each with the version that has the fix. */
static int add_binaries(struct reading *r, json_t *binaries)
{
	json_t *map, *version;
	const char *name;
	int err = 0;
	size_t i;

	json_array_foreach(binaries, i, map)
		json_object_foreach(map, name, version) {
			struct bounds b = { "", json_string_value(version), BOUND_FIXED };

			if (err == 0 && b.bound)
				err = add(r, name, PACKAGE_BINARY, &b);
		}
	return err;
}

static int add_range(struct reading *r, const struct bounds *b)
{
	const json_t *own = json_object_get(r->affected, "ecosystem_specific");
	json_t *binaries = json_object_get(own, "binaries");
	const char *package = text_of(json_object_get(r->affected, "package"), "name");

	if (r->m->kind->order == VERSION_RPM && b->bound_is == BOUND_FIXED &&
	    json_array_size(binaries))
		return add_binaries(r, binaries);
	return add(r, package, worlds[find_world(r->m)].kind, b);
}

struct event {
	const char *version;
	enum { FIXED, INTRODUCED, LAST_AFFECTED, EVENTS } what; /* in this order at one version */
};

static const char *const event_names[EVENTS] = {
	[FIXED] = "fixed",
	[INTRODUCED] = "introduced",
	[LAST_AFFECTED] = "last_affected",
};

static int compare_events(const void *a, const void *b, void *order)
{
	const struct event *v = a, *w = b;
	bool zero_v = !strcmp(v->version, "0"), zero_w = !strcmp(w->version, "0");
	int c;

	if (zero_v || zero_w)
		return zero_v == zero_w ? (int)v->what - (int)w->what : zero_v ? -1 : 1;
	c = version_cmp(*(enum version_order *)order, v->version, strlen(v->version), w->version,
			strlen(w->version));
	return c ? c : (int)v->what - (int)w->what;
}

/* -E2BIG for more than there is room for. */
static int read_events(struct reading *r, const json_t *list, struct event *events, size_t *n)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		for (int what = 0; what < EVENTS; what++) {
			const char *version = text_of(item, event_names[what]);

			if (!*version)
				continue;
			r->never |= what == FIXED && !strcmp(version, "0");
			if (*n == EVENTS_MAX || strlen(version) >= FEED_WORD_MAX)
				return -E2BIG;
			events[*n].version = version;
			events[(*n)++].what = what;
		}
	return 0;
}

/* From one introduction to what ends it; those in between change nothing. */
static int add_events(struct reading *r, const struct event *events, size_t n)
{
	struct bounds b = { 0 };
	int err = 0;

	for (size_t i = 0; err == 0 && i < n; i++) {
		if (events[i].what == INTRODUCED) {
			b.introduced = b.introduced ? b.introduced : events[i].version;
			continue;
		}
		if (!b.introduced)
			continue;
		b.bound = events[i].version;
		b.bound_is = events[i].what == FIXED ? BOUND_FIXED : BOUND_LAST;
		err = add_range(r, &b);
		b = (struct bounds){ 0 };
	}
	if (err == 0 && b.introduced) {
		b.bound = "";
		err = add_range(r, &b);
	}
	return err;
}

static int import_range(struct reading *r, const json_t *range)
{
	enum version_order order = r->m->kind->order;
	static const struct bounds all = { "", "", BOUND_NONE };
	struct event events[EVENTS_MAX];
	size_t n = 0;

	r->never = false;
	if (strcmp(text_of(range, "type"), "ECOSYSTEM")) {
		import_leave(r->m, LEFT_RANGE, r->id);
		return 0;
	}
	if (read_events(r, json_object_get(range, "events"), events, &n) < 0) {
		import_leave(r->m, LEFT_FORM, r->id);
		return 0;
	}
	if (r->never)
		return add_range(r, &all);
	qsort_r(events, n, sizeof(*events), compare_events, &order);
	return add_events(r, events, n);
}

/* Without ranges, the versions that are named are affected, and no other. */
static int import_versions(struct reading *r, json_t *versions)
{
	json_t *item;
	int err = 0;
	size_t i;

	json_array_foreach(versions, i, item) {
		const char *version = json_string_value(item);
		struct bounds b = { version, version, BOUND_LAST };

		if (err == 0 && version)
			err = add_range(r, &b);
	}
	return err;
}

static int import_affected(struct reading *r)
{
	const json_t *ranges = json_object_get(r->affected, "ranges"), *range;
	int err = 0;
	size_t i;

	r->never = false;
	r->row.severity = read_severity(r);
	json_array_foreach(ranges, i, range)
		if (err == 0)
			err = import_range(r, range);
	if (err == 0 && !json_array_size(ranges))
		err = import_versions(r, json_object_get(r->affected, "versions"));
	return err;
}

static int import_all(struct reading *r)
{
	const json_t *list = json_object_get(r->root, "affected");
	bool concerned = false;
	int err = 0;
	size_t i;

	json_array_foreach(list, i, r->affected) {
		const json_t *package = json_object_get(r->affected, "package");

		if (err < 0 || !concerns(r->m, text_of(package, "ecosystem")))
			continue;
		concerned = true;
		err = import_affected(r);
	}
	if (!concerned)
		import_leave(r->m, json_array_size(list) ? LEFT_OTHER : LEFT_NOTHING, r->id);
	return err;
}

int import_osv(struct import *m, struct slice text, struct fault *fault)
{
	_drop_(drop_json) json_t *root = NULL;
	struct reading r = { .m = m };
	int64_t modified;
	int err;

	err = json_read(text.p, text.len, &root, fault);
	if (err == 0)
		err = json_need_text(root, "id", &r.id, fault);
	if (err < 0)
		return err;
	m->n_documents++;
	modified = import_date(text_of(root, "modified"));
	if (modified > m->newest)
		m->newest = modified;
	r.root = root;
	r.id = own_id(r.id);
	r.withdrawn = *text_of(root, "withdrawn");
	r.row.published = import_date(text_of(root, "published"));
	r.row.source = (uint32_t)m->n_documents;
	err = *r.id ? import_word(m, r.id, &r.row.id) : -EINVAL;
	if (err == 0)
		err = read_also(&r);
	if (err == -EINVAL)
		return fault_set(fault, err, "\"id\" is too long or malformed");
	return err < 0 ? err : import_all(&r);
}
