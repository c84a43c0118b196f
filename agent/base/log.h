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
