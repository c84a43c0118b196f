// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "policy/json.h"
#include "policy/publisher/feed-import.h"
#include "policy/stamp.h"

const char *const left_names[LEFT_COUNT] = {
	[LEFT_OTHER] = "of another distribution or release",
	[LEFT_NOTHING] = "affects no package",
	[LEFT_UNDETERMINED] = "not determined yet",
	[LEFT_MODULE] = "of one stream of a module",
	[LEFT_RANGE] = "in versions of upstream",
	[LEFT_FORM] = "too long or malformed",
	[LEFT_FILE] = "file without .json",
	[LEFT_UNREADABLE] = "unreadable file",
};

void import_leave(struct import *m, enum left why, const char *what)
{
	if (!m->left[why].n++)
		snprintf(m->left[why].first, sizeof(m->left[why].first), "%s", what);
}

int import_word(struct import *m, const char *text, uint32_t *ret)
{
	size_t len = strnlen(text, FEED_WORD_MAX);

	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return -EINVAL;
	return len == FEED_WORD_MAX ? -EINVAL : rows_put_text(&m->rows, text, len, ret);
}

enum severity import_severity(const char *word)
{
	static const struct {
		const char *word;
		enum severity severity;
	} rows[] = {
		{ "critical", SEVERITY_CRITICAL }, { "important", SEVERITY_HIGH },
		{ "high", SEVERITY_HIGH },	   { "moderate", SEVERITY_MEDIUM },
		{ "medium", SEVERITY_MEDIUM },	   { "low", SEVERITY_LOW },
		{ "minor", SEVERITY_LOW },	   { "negligible", SEVERITY_LOW },
	};
	size_t len = strcspn(word, "*"); /* the tracker's "low**" */

	for (size_t i = 0; i < COUNT(rows); i++)
		if (strlen(rows[i].word) == len && !strncasecmp(rows[i].word, word, len))
			return rows[i].severity;
	return SEVERITY_UNKNOWN;
}

int64_t import_date(const char *text)
{
	char stamp[STAMP_TEXT];
	int64_t at;

	if (strnlen(text, 20) < 20)
		return 0;
	snprintf(stamp, sizeof(stamp), "%.19sZ", text);
	return stamp_parse(stamp, &at) == 0 && at > 0 ? at : 0;
}

static int import_array(struct import *m, struct slice text, struct fault *fault)
{
	struct slice name, value;
	struct slicer s;
	int r;

	r = slicer_open(text, &s, fault);
	while (r >= 0 && (r = slicer_next(&s, &name, &value, fault)) > 0)
		r = import_osv(m, value, fault);
	return r;
}

/* An OSV document has an id that is a text; the tracker has packages that are objects. */
static int is_osv(struct slice text, struct fault *fault)
{
	struct slice name, value;
	struct slicer s;
	int r;

	r = slicer_open(text, &s, fault);
	while (r >= 0 && (r = slicer_next(&s, &name, &value, fault)) > 0)
		if (name.len == 4 && !memcmp(name.p, "\"id\"", 4) && *value.p == '"')
			return 1;
	return r;
}

int import_text(struct import *m, struct slice text, struct fault *fault)
{
	int r;

	if (slice_kind(text) == '[')
		return import_array(m, text, fault);
	r = is_osv(text, fault);
	if (r < 0)
		return r;
	return r ? import_osv(m, text, fault) : import_tracker(m, text, fault);
}

static int import_file(struct import *m, const char *path, struct fault *fault)
{
	struct fault own = { 0 };
	_free_ char *text = NULL;
	size_t len;
	int r;

	r = io_read(AT_FDCWD, path, IMPORT_FILE_MAX, &text, &len);
	if (r == 0)
		r = import_text(m, (struct slice){ text, len }, &own);
	if (r < 0)
		return fault_set(fault, r, "%.90s: %.130s", path,
				 *own.why ? own.why : strerror(-r));
	return 0;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool is_json(const FTSENT *e)
{
	return e->fts_namelen > 5 && !strcmp(e->fts_name + e->fts_namelen - 5, ".json");
}

static int import_entry(struct import *m, const FTSENT *e, struct fault *fault)
{
	switch (e->fts_info) {
	case FTS_F:
		if (e->fts_level == 0 || is_json(e))
			return import_file(m, e->fts_accpath, fault);
		import_leave(m, LEFT_FILE, e->fts_name);
		return 0;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		return fault_set(fault, -e->fts_errno, "%.90s: %s", e->fts_path,
				 strerror(e->fts_errno));
	case FTS_D:
		if (e->fts_level <= IMPORT_DEPTH)
			return 0;
		return fault_set(fault, -ELOOP, "%.90s: folders are nested too deeply",
				 e->fts_path);
	default: /* not our enum: links and devices inside a folder are no input */ return 0;
	}
}

int import_path(struct import *m, const char *path, bool keep_going, struct fault *fault)
{
	_free_ char *name = strdup(path);
	char *paths[] = { name, NULL };
	const FTSENT *e;
	int r = 0;
	FTS *fts;

	fts = name ? fts_open(paths, FTS_COMFOLLOW | FTS_PHYSICAL | FTS_NOCHDIR, by_name) : NULL;
	if (!fts)
		return -ENOMEM;
	while (r >= 0 && (e = fts_read(fts))) {
		r = import_entry(m, e, keep_going ? NULL : fault);
		if (r < 0 && r != -ENOMEM && r != -E2BIG && keep_going) {
			import_leave(m, LEFT_UNREADABLE, e->fts_path);
			r = 0;
		}
	}
	fts_close(fts);
	return r;
}
