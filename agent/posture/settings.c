// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent/base/cleanup.h"
#include "agent/posture/settings.h"

int setting_split(char *line, char **key, char **value)
{
	char *end;

	line += strspn(line, " \t\r");
	if (!*line || *line == '#' || *line == ';')
		return 0;
	*key = line;
	line += strcspn(line, " \t=\r");
	end = line;
	line += strspn(line, " \t\r");
	if (*line == '=')
		line += 1 + strspn(line + 1, " \t");
	*end = '\0';
	for (end = line + strlen(line); end > line && strchr(" \t\r", end[-1]);)
		*--end = '\0';
	if (end > line + 1 && (*line == '"' || *line == '\'') && end[-1] == *line) {
		end[-1] = '\0';
		line++;
	}
	*value = line;
	return 1;
}

int setting_last(char *text, const char *key, char *ret, size_t room)
{
	char *rest = text, *line, *k, *v;
	int r = -ENODATA;

	while ((line = strsep(&rest, "\n")))
		if (setting_split(line, &k, &v) && !strcmp(k, key)) {
			snprintf(ret, room, "%s", v);
			r = 0;
		}
	return r;
}

/* The setting that a line breaks, or NULL. */
static const struct provider_setting *broken_by(const struct provider *p, const char *file,
						unsigned parts, const char *key, const char *value)
{
	for (size_t i = 0; i < p->n_settings; i++) {
		const struct provider_setting *s = &p->settings[i];

		if (parts >> s->of & 1 && !strcmp(s->file, file) && !strcasecmp(s->key, key) &&
		    !setting_allows(s, value))
			return s;
	}
	return NULL;
}

int settings_judge(const struct provider *p, const char *file, unsigned parts, char *text,
		   const struct provider_setting **ret, unsigned *line,
		   char value_ret[SETTINGS_TEXT_MAX])
{
	char *rest = text, *at, *key, *value;

	for (unsigned n = 1; (at = strsep(&rest, "\n")); n++) {
		const struct provider_setting *s;

		if (!setting_split(at, &key, &value))
			continue;
		s = broken_by(p, file, parts, key, value);
		if (!s)
			continue;
		*ret = s;
		*line = n;
		snprintf(value_ret, SETTINGS_TEXT_MAX, "%s", value);
		return 1;
	}
	return 0;
}

int settings_mend(const struct provider *p, const char *file, const char *text, char **ret,
		  size_t *len)
{
	_free_ char *copy = strdup(text), *out = NULL;
	char *rest = copy, *at, *key, *value;
	size_t n = 0;
	FILE *f = copy ? open_memstream(&out, &n) : NULL;
	int mended = 0;

	if (!f)
		return -ENOMEM;
	while ((at = strsep(&rest, "\n"))) {
		_free_ char *line = strdup(at);
		const struct provider_setting *s = NULL;

		if (line && setting_split(line, &key, &value))
			s = broken_by(p, file, SETTINGS_ALL, key, value);
		if (!rest && !*at)
			break; /* behind the last line's end */
		fprintf(f, "%s%s\n", s ? "# set aside by lazaret: " : "", at);
		if (s && s->has_only && s->only.n && !s->has_at_least)
			fprintf(f, "%s %s\n", s->key, s->only.rows[0]);
		mended += s != NULL;
	}
	if (fclose(f) != 0)
		return -ENOMEM;
	*ret = take(out);
	*len = n;
	return mended;
}
