/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what the world publishes to rows: OSV documents (https://ossf.github.io/osv-schema)
 * and the Debian security tracker's JSON (security-tracker.debian.org/tracker/data/json).
 */
#pragma once

#include <stdbool.h>

#include "policy/publisher/feed-rows.h"
#include "policy/publisher/slices.h"

#define IMPORT_FILE_MAX (256 * 1024 * 1024)
#define IMPORT_DEPTH	16 /* of folders */

/* Why something of the input is not in the feed. */
enum left {
	LEFT_OTHER,	   /* it is of another distribution or release */
	LEFT_NOTHING,	   /* it says of no package that it is affected */
	LEFT_UNDETERMINED, /* nobody knows yet whether this release is affected */
	LEFT_MODULE,	   /* it is of one stream of a module, and others have the same name */
	LEFT_RANGE,	   /* its versions are not the distribution's */
	LEFT_FORM,	   /* it is too long, or no text that can be */
	LEFT_FILE,	   /* the file's name does not end in .json */
	LEFT_UNREADABLE,   /* the file cannot be read, or is no JSON of this kind */
	LEFT_COUNT,
};
extern const char *const left_names[LEFT_COUNT];

struct import {
	struct feed_rows rows;
	const struct distro_kind *kind;
	struct distro distro;
	const char *codename;	       /* of Debian's release, for the tracker; or NULL */
	const char *const *ecosystems; /* OSV's names of more that concerns it */
	size_t n_ecosystems;
	int64_t newest; /* of all documents' dates */
	size_t n_documents;
	struct {
		size_t n;
		char first[FEED_WORD_MAX];
	} left[LEFT_COUNT];
};

/* Counts one thing that is left out; the first of a kind keeps its name. */
void import_leave(struct import *m, enum left why, const char *what);

/*
 * A text of the feed: printable, without blanks, shorter than FEED_WORD_MAX.  0, -EINVAL
 * when it is not, -ENOMEM.
 */
int import_word(struct import *m, const char *text, uint32_t *ret);

/* What a distribution calls severe: "important", "moderate"; SEVERITY_UNKNOWN for the rest. */
enum severity import_severity(const char *word);

/* "2026-01-31T12:00:00.123Z" to seconds; 0 when it is no such thing. */
int64_t import_date(const char *text);

/* One OSV document.  -EINVAL with the fault's place in it; what does not concern is left. */
int import_osv(struct import *m, struct slice text, struct fault *fault);

/* The whole of the tracker's JSON; needs the code name. */
int import_tracker(struct import *m, struct slice text, struct fault *fault);

/* Either of them, or an array of OSV documents. */
int import_text(struct import *m, struct slice text, struct fault *fault);

/*
 * A file, or a folder with all .json files in it and below, by name.  What cannot be read
 * ends it, with the file's name in the fault; or, if it is to keep going, is left out.
 */
int import_path(struct import *m, const char *path, bool keep_going, struct fault *fault);
