/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A provider: an antivirus or another agent of security, described so that a look can find it
 * and a remedy bring it back.  It names packages, units, files and rows of fixed menus;
 * nothing in it is ever run.  Its schema for people is docs/providers.md.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"
#include "policy/health.h"
#include "policy/menu.h"

struct reader; /* policy/reader.h */
struct json_t; /* jansson.h */

#define PROVIDERS_MAX	  8
#define PROVIDER_NAME_MAX 32
#define PROVIDER_TEXT_MAX 100
#define PROVIDER_ROWS	  8
#define PROVIDER_SETTINGS 64
#define PROVIDER_REMEDIES 8

/* What a unit is for.  Whether the last two are demanded, a requirement says. */
enum part {
	PART_DAEMON,
	PART_UPDATER,	/* fetches signatures */
	PART_ON_ACCESS, /* scans what is opened */
	PART_COUNT,
};

struct texts {
	size_t n;
	char rows[PROVIDER_ROWS][PROVIDER_TEXT_MAX];
};

struct provider_unit {
	char name[PROVIDER_TEXT_MAX]; /* "clamav-daemon.service" */
	enum part part;
	char program[PROVIDER_TEXT_MAX]; /* absolute path; empty for a socket or a timer */
	struct texts drop_ins; /* file names of those that its package itself makes in /etc */
};

/* How the daemon is asked whether it works. */
enum tongue {
	TONGUE_NONE,	/* not at all: that its process runs must do */
	TONGUE_CLAMD,	/* clamd(8): PING, VERSION and, on demand, INSTREAM */
	TONGUE_TEXT,	/* `send` is answered by what begins with `expect` */
	TONGUE_COMMAND, /* by a program of a fixed menu (policy/health.h) */
};

struct provider_answer {
	enum tongue speaks;
	char socket[PROVIDER_TEXT_MAX]; /* AF_UNIX, absolute path */
	char send[PROVIDER_TEXT_MAX], expect[PROVIDER_TEXT_MAX];
	enum health ask;
};

/* Where the age of its signatures is read on disk. */
enum vintage {
	VINTAGE_NONE,
	VINTAGE_CLAMAV, /* the header of a .cvd or .cld file */
	VINTAGE_MTIME,	/* when the file was written */
};

struct provider_signatures {
	enum vintage from;
	struct texts files; /* the newest of these counts */
	struct texts base;  /* one of these must be there as well, however old it is; or none */
};

/* Where its updater writes down how it fared. */
enum chronicle {
	CHRONICLE_NONE,
	CHRONICLE_FRESHCLAM, /* freshclam(1), UpdateLogFile */
};

struct provider_updates {
	enum chronicle from;
	char file[PROVIDER_TEXT_MAX];
};

/*
 * What the lines "KEY VALUE" or "KEY = VALUE" of a configuration file may say.  A value is good
 * when it is none of `never` and, where they are given, among `only` or a number of at least
 * `at_least`.  A line that is not there is good: programs have safe defaults.
 */
struct provider_setting {
	char file[PROVIDER_TEXT_MAX], key[PROVIDER_TEXT_MAX];
	enum part of;
	bool has_only, has_at_least;
	struct texts only, never;
	uint64_t at_least; /* "25M" and the like in the file are understood */
};

/* A repository (sources.list(5)), for hosts that lost theirs.  Its key came with the system. */
struct provider_source {
	char uri[PROVIDER_TEXT_MAX], suite[PROVIDER_TEXT_MAX], component[PROVIDER_TEXT_MAX];
	char keyring[PROVIDER_TEXT_MAX]; /* a file name in /usr/share/keyrings */
};

struct provider {
	char name[PROVIDER_NAME_MAX]; /* "clamav" */
	char title[PROVIDER_TEXT_MAX];
	struct texts packages;
	struct texts libraries; /* "libclamav" for libclamav12, as far as it is installed */
	char account[PROVIDER_NAME_MAX]; /* the user that its programs run as; empty: not said */
	struct provider_unit units[PROVIDER_ROWS];
	size_t n_units;
	struct provider_answer answer;
	struct provider_signatures signatures;
	struct provider_updates updates;
	struct provider_setting settings[PROVIDER_SETTINGS]; /* in at most PROVIDER_ROWS files */
	size_t n_settings;
	struct provider_source sources[PROVIDER_ROWS];
	size_t n_sources;
	enum remedy remedies[PROVIDER_REMEDIES]; /* what may be done to bring it back */
	size_t n_remedies;
};

/* The one that is built in, the same as docs/providers/clamav.json. */
extern const struct provider provider_clamav;

/* Reads one into a zeroed struct; what stands there after an error means nothing. */
int provider_read(struct reader *r, struct json_t *value, struct provider *ret);

/* The same from a text of its own, as fuzzing and lint read it.  -EINVAL and the fault. */
int provider_parse(const char *text, size_t len, struct provider *ret, struct fault *fault);

/* The file of that row of settings, where no row before has it; else NULL. */
const char *provider_file(const struct provider *p, size_t row);

/* Whether that remedy is among its own. */
bool provider_has(const struct provider *p, enum remedy remedy);

/* Whether a setting's value is good. */
bool setting_allows(const struct provider_setting *s, const char *value);
