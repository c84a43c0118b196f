/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "policy/provider.h"

#define SETTINGS_FILE_MAX (256 * 1024)
#define SETTINGS_TEXT_MAX 200
#define SETTINGS_LINE_MAX 510 /* bytes; what is longer is two lines to a clamd (optparser.c) */

/*
 * The value of the last line with a key, letters as they are, as shells and firewalld take it: 0,
 * or -ENODATA.  The text is changed.
 */
int setting_last(char *text, const char *key, char *ret, size_t room);

/*
 * The first line of a file's text that is not allowed: by a provider's settings for that file and
 * those parts, or because programs do not read it as we do.  1 with what is wrong, or 0.
 */
#define SETTINGS_ALL ((1u << PART_COUNT) - 1) /* else a bit for each enum part */
struct broken {
	const struct provider_setting *setting; /* NULL: it is the line itself */
	unsigned line;
	char why[SETTINGS_TEXT_MAX]; /* "ScanELF no is not allowed" */
};
int settings_judge(const struct provider *p, const char *file, unsigned parts, const char *text,
		   size_t len, struct broken *ret);

/*
 * Writes the text anew without what is not allowed: such a line becomes a comment that begins
 * with "# set aside by lazaret: ", and the setting's first good value, if it lists any, follows on
 * a line of its own.  How many lines those were, or -ENOMEM.  The caller frees *ret.
 */
int settings_mend(const struct provider *p, const char *file, const char *text, size_t len,
		  char **ret, size_t *ret_len);
