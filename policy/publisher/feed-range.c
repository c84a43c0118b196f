// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/publisher/feed-osv.h"

#define EVENTS_MAX 256

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
	return add(r, package, world_kind(r->m), b);
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

int ranges_import(struct reading *r)
{
	const json_t *ranges = json_object_get(r->affected, "ranges"), *range;
	int err = 0;
	size_t i;

	r->never = false;
	json_array_foreach(ranges, i, range)
		if (err == 0)
			err = import_range(r, range);
	if (err == 0 && !json_array_size(ranges))
		err = import_versions(r, json_object_get(r->affected, "versions"));
	return err;
}
