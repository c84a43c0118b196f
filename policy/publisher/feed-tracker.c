// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/json.h"
#include "policy/publisher/feed-import.h"

/*
 * { SOURCE: { CVE: { "releases": { CODENAME: { "status": "resolved" | "open" | "undetermined",
 *   "fixed_version": VERSION or "0" for never affected, "urgency": WORD,
 *   "nodsa_reason": "ignored" | "postponed" | "" } } } } }
 */
static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static bool is(const json_t *object, const char *name, const char *value)
{
	return !strcmp(text_of(object, name), value);
}

static enum advisory_state judge(const json_t *release)
{
	bool resolved = is(release, "status", "resolved");

	if (resolved && is(release, "fixed_version", "0"))
		return ADVISORY_NOT_AFFECTED;
	if (is(release, "urgency", "unimportant"))
		return ADVISORY_UNIMPORTANT;
	if (resolved)
		return ADVISORY_FIXED;
	if (is(release, "urgency", "end-of-life") || is(release, "nodsa_reason", "ignored"))
		return ADVISORY_NEVER;
	return ADVISORY_NO_FIX;
}

static int add(struct import *m, uint32_t package, uint32_t source, const char *id,
	       const json_t *release)
{
	struct feed_row row = {
		.kind = PACKAGE_SOURCE,
		.state = judge(release),
		.severity = import_severity(text_of(release, "urgency")),
		.package = package,
		.source = source,
	};
	const char *fixed = text_of(release, "fixed_version");
	int r;

	if (row.state == ADVISORY_NOT_AFFECTED)
		fixed = "";
	row.bound_is = *fixed ? BOUND_FIXED : BOUND_NONE;
	r = !*id || (row.state == ADVISORY_FIXED && !*fixed) ? -EINVAL
							     : import_word(m, id, &row.id);
	if (r == 0)
		r = import_word(m, fixed, &row.bound);
	if (r == -EINVAL) {
		import_leave(m, LEFT_FORM, id);
		return 0;
	}
	return r < 0 ? r : rows_add(&m->rows, &row);
}

static int import_issue(struct import *m, uint32_t package, uint32_t source, const char *id,
			struct slice text, struct fault *fault)
{
	_drop_(drop_json) json_t *issue = NULL;
	const json_t *release;
	int r;

	r = json_read(text.p, text.len, &issue, fault);
	if (r < 0)
		return r;
	release = json_object_get(json_object_get(issue, "releases"), m->codename);
	if (!json_is_object(release))
		import_leave(m, LEFT_OTHER, id);
	else if (is(release, "status", "undetermined"))
		import_leave(m, LEFT_UNDETERMINED, id);
	else if (is(release, "status", "resolved") || is(release, "status", "open"))
		return add(m, package, source, id, release);
	else
		import_leave(m, LEFT_FORM, id);
	return 0;
}

static int read_name(struct slice text, json_t **ret, struct fault *fault)
{
	return json_read(text.p, text.len, ret, fault);
}

static int import_source(struct import *m, uint32_t package, uint32_t source, struct slice text,
			 struct fault *fault)
{
	struct slice name, value;
	struct slicer s;
	int r;

	r = slicer_open(text, &s, fault);
	if (r == 0 && s.bracket != '{')
		r = fault_set(fault, -EINVAL, "neither OSV nor the tracker's JSON");
	while (r >= 0 && (r = slicer_next(&s, &name, &value, fault)) > 0) {
		_drop_(drop_json) json_t *id = NULL;

		r = read_name(name, &id, fault);
		if (r == 0)
			r = import_issue(m, package, source, json_string_value(id), value, fault);
		m->n_documents++;
	}
	return r;
}

int import_tracker(struct import *m, struct slice text, struct fault *fault)
{
	uint32_t number = (uint32_t)++m->n_documents;
	struct slice name, value;
	struct slicer s;
	int r;

	if (!m->codename)
		return fault_set(fault, -EINVAL,
				 "no OSV document; Debian's tracker also needs --codename NAME");
	r = slicer_open(text, &s, fault);
	while (r >= 0 && (r = slicer_next(&s, &name, &value, fault)) > 0) {
		_drop_(drop_json) json_t *source = NULL;
		uint32_t package;

		r = read_name(name, &source, fault);
		if (r == 0)
			r = import_word(m, json_string_value(source), &package);
		if (r == 0 && !package)
			r = -EINVAL;
		if (r == -EINVAL)
			fault_set(fault, r, "a package's name is empty, too long or malformed");
		if (r == 0)
			r = import_source(m, package, number, value, fault);
	}
	return r;
}
