/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "policy/provider.h"

#define SETTINGS_FILE_MAX (256 * 1024)
#define SETTINGS_TEXT_MAX 200

/*
 * One line "KEY VALUE" or "KEY = VALUE" of a configuration file, in place: 1 with both, the value
 * without blanks around it and without quotes; 0 for a comment and a line of blanks.
 */
int setting_split(char *line, char **key, char **value);

/*
 * The value of the last line with a key, letters as they are, as shells and firewalld take it: 0,
 * or -ENODATA.  The text is changed.
 */
int setting_last(char *text, const char *key, char *ret, size_t room);

/*
 * The first line of a file's text that a provider's settings for that file and those parts do not
 * allow: 1 with the setting and the line's number, or 0.  The text is changed.
 */
#define SETTINGS_ALL ((1u << PART_COUNT) - 1) /* else a bit for each enum part */
int settings_judge(const struct provider *p, const char *file, unsigned parts, char *text,
		   const struct provider_setting **ret, unsigned *line,
		   char value[SETTINGS_TEXT_MAX]);

/*
 * Writes the text anew without what is not allowed: such a line becomes a comment that begins
 * with "# set aside by lazaret: ", and the setting's first good value, if it lists any, follows on
 * a line of its own.  How many lines those were, or -ENOMEM.  The caller frees *ret.
 */
int settings_mend(const struct provider *p, const char *file, const char *text, char **ret,
		  size_t *len);
