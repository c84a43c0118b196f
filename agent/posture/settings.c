// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent/base/cleanup.h"
#include "agent/posture/settings.h"

#define ASIDE "# set aside by lazaret: "

/* To the last quote, whatever is behind it: so does clamd. */
static char *unquote(char *value)
{
	char *end = *value == '"' || *value == '\'' ? strrchr(value + 1, *value) : NULL;

	if (!end || end == value + 1)
		return value;
	*end = '\0';
	return value + 1;
}

/*
 * One line "KEY VALUE" or "KEY = VALUE", in place: 1 with both, the value without blanks around it;
 * 0 for a comment and a line of blanks.
 */
static int split(char *line, char **key, char **value)
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
	*value = unquote(line);
	return 1;
}

int setting_last(char *text, const char *key, char *ret, size_t room)
{
	char *rest = text, *line, *k, *v;
	int r = -ENODATA;

	while ((line = strsep(&rest, "\n")))
		if (split(line, &k, &v) && !strcmp(k, key)) {
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

/* What programs cut otherwise than we do is not judged by what we take it for. */
static const char *fault_of(const char *line, size_t len)
{
	if (memchr(line, '\0', len))
		return "has a NUL byte, which hides what is behind it";
	return len > SETTINGS_LINE_MAX ? "is too long: it would be read as two" : NULL;
}

/* The setting that a line without a fault breaks, or NULL. */
static const struct provider_setting *judge_line(const struct provider *p, const char *file,
						 unsigned parts, const char *line, size_t len,
						 char ret[SETTINGS_TEXT_MAX])
{
	char text[SETTINGS_LINE_MAX + 1], *key, *value;
	const struct provider_setting *s;

	memcpy(text, line, len);
	text[len] = '\0';
	s = split(text, &key, &value) ? broken_by(p, file, parts, key, value) : NULL;
	if (s && ret)
		snprintf(ret, SETTINGS_TEXT_MAX, "%s %.40s is not allowed", s->key, value);
	return s;
}

static size_t line_len(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	return (size_t)((newline ? newline : end) - at);
}

int settings_judge(const struct provider *p, const char *file, unsigned parts, const char *text,
		   size_t len, struct broken *ret)
{
	struct broken b = { .line = 1 };
	size_t n;

	for (const char *at = text; at < text + len; at += n + 1, b.line++) {
		const char *fault;

		n = line_len(at, text + len);
		fault = fault_of(at, n);
		if (fault)
			snprintf(b.why, sizeof(b.why), "%s", fault);
		else
			b.setting = judge_line(p, file, parts, at, n, b.why);
		if (!fault && !b.setting)
			continue;
		*ret = b;
		return 1;
	}
	return 0;
}

/* As a comment that is one line to everybody. */
static void write_aside(FILE *f, const char *line, size_t len)
{
	fputs(ASIDE, f);
	for (size_t i = 0; i < len && i < SETTINGS_LINE_MAX - strlen(ASIDE); i++)
		fputc(line[i] ? line[i] : '?', f);
	fputc('\n', f);
}

int settings_mend(const struct provider *p, const char *file, const char *text, size_t len,
		  char **ret, size_t *ret_len)
{
	_free_ char *out = NULL;
	size_t n, size = 0;
	FILE *f = open_memstream(&out, &size);
	int mended = 0;

	if (!f)
		return -ENOMEM;
	for (const char *at = text; at < text + len; at += n + 1) {
		const struct provider_setting *s = NULL;
		bool bad;

		n = line_len(at, text + len);
		bad = fault_of(at, n) != NULL;
		if (!bad)
			s = judge_line(p, file, SETTINGS_ALL, at, n, NULL);
		if (bad || s)
			write_aside(f, at, n);
		else
			fprintf(f, "%.*s\n", (int)n, at);
		if (s && s->has_only && s->only.n && !s->has_at_least)
			fprintf(f, "%s %s\n", s->key, s->only.rows[0]);
		mended += bad || s;
	}
	if (fclose(f) != 0)
		return -ENOMEM;
	*ret = take(out);
	*ret_len = size;
	return mended;
}
