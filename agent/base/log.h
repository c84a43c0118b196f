/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * One line to standard error: with a <priority> prefix when that is the journal
 * (sd-daemon(3)), else with the program's name.  Control bytes are shown as '?',
 * so that what came from outside cannot forge a line.  A fault is logged once, by
 * whoever decides about it; policy/ and netfilter/ never log.
 */
enum log_level { LOG_LEVEL_ERR = 3, LOG_LEVEL_WARN = 4, LOG_LEVEL_NOTICE = 5, LOG_LEVEL_INFO = 6 };

void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_err(...)	log_line(LOG_LEVEL_ERR, __VA_ARGS__)
#define log_warn(...)	log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_notice(...) log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)	log_line(LOG_LEVEL_INFO, __VA_ARGS__)

/*
 * The decisions that matter, each with a MESSAGE_ID of its own (docs/journal.md;
 * systemd/lazaret.catalog explains them to `journalctl -x`).
 */
enum log_id {
	LOG_ID_STATE,
	LOG_ID_LAID,
	LOG_ID_LIFTED,
	LOG_ID_UNENFORCED,
	LOG_ID_TAMPERED,
	LOG_ID_REPAIR_DONE,
	LOG_ID_REPAIR_FAILED,
	LOG_ID_REPAIR_RESTS,
	LOG_ID_UNDONE,
	LOG_ID_UNDOING,
	LOG_ID_POLICY,
	LOG_ID_POLICY_REFUSED,
	LOG_ID_CLOCK,
	LOG_ID_UNKEPT,
	LOG_ID_RELEASED,
	LOG_ID_RELEASE_ENDED,
	LOG_ID_RELEASE_REFUSED,
	LOG_ID_REBOOT_ASKED,
	LOG_ID_REBOOT,
	LOG_ID_PORTAL_OPENED,
	LOG_ID_PORTAL_SEALED,
	LOG_ID_COUNT,
};

struct log_id_kind {
	enum log_level level;
	const char *id;	  /* 32 hex digits */
	const char *name; /* in the catalogue and in docs */
};
extern const struct log_id_kind log_ids[LOG_ID_COUNT];

/* A field of the entry besides its text: NAME, value; the last one has no name. */
struct log_field {
	const char *name, *value;
};
#define LOG_FIELDS(...) ((const struct log_field[]){ __VA_ARGS__, { 0 } })

/*
 * A line as log_line() writes it.  Where standard error is the journal it goes there as
 * an entry with MESSAGE_ID and fields, by its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL).
 * fields may be NULL.
 */
void log_entry(enum log_id id, const struct log_field *fields, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
