// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "agent/base/count.h"
#include "policy/word.h"

#define SMALL	"abcdefghijklmnopqrstuvwxyz"
#define DIGITS	"0123456789"
#define LETTERS SMALL "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS

/* A text of certain characters, that begins with one of a few. */
static int read_word(struct reader *r, const struct member *m, json_t *value, void *field,
		     const char *first, const char *rest, const char *reason)
{
	const char *word = json_string_value(value);

	if (!word || !*word || !strchr(first, *word) || word[strspn(word, rest)])
		return reader_refuse_value(r, value, reason);
	return reader_text(r, m, value, field);
}

int word_name(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return read_word(r, m, value, field, SMALL DIGITS, SMALL DIGITS "-",
			 "is not a name; use small letters, digits and hyphens");
}

/* Of deb-control(5) and of rpm; neither an option nor a version can be one. */
int word_package(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return read_word(r, m, value, field, LETTERS, LETTERS "+-._", "is not a package's name");
}

int word_unit(struct reader *r, const struct member *m, json_t *value, void *field)
{
	static const char *const kinds[] = { ".service", ".socket", ".timer" };
	const char *name = json_string_value(value);
	const char *dot = name ? strrchr(name, '.') : NULL;

	if (dot && dot > name && dot[-1] == '@')
		return reader_refuse_value(r, value, "is a template; name its instance: a@b.service");
	for (size_t i = 0; dot && i < COUNT(kinds); i++)
		if (!strcmp(dot, kinds[i]) && dot > name)
			return read_word(r, m, value, field, LETTERS, LETTERS ":-_.@",
					 "is not a unit's name");
	return reader_refuse_value(r, value, "is not the name of a service, a socket or a timer");
}

int word_file(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return read_word(r, m, value, field, LETTERS, LETTERS "+-._@", "is not a file's name");
}

int word_path(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const char *path = json_string_value(value);

	if (!path || *path != '/' || strstr(path, "//") || strstr(path, "/../") ||
	    strstr(path, "/./") || path[strspn(path, LETTERS "/+-._@")])
		return reader_refuse_value(r, value, "is not an absolute path");
	return reader_text(r, m, value, field);
}

int word_config_path(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const char *path = json_string_value(value);

	if (path && strncmp(path, "/etc/", 5) && strncmp(path, "/opt/", 5) &&
	    strncmp(path, "/var/", 5))
		return reader_refuse_value(r, value, "is not below /etc, /opt or /var");
	return word_path(r, m, value, field);
}

int word_uri(struct reader *r, const struct member *m, json_t *value, void *field)
{
	static const char *const schemes[] = { "https://", "http://", "file:/" };
	const char *uri = json_string_value(value);

	for (size_t i = 0; uri && i < COUNT(schemes); i++)
		if (!strncmp(uri, schemes[i], strlen(schemes[i])) &&
		    !uri[strspn(uri, LETTERS ":/+-._~%")])
			return reader_text(r, m, value, field);
	return reader_refuse_value(r, value, "is not a URI of https, http or file");
}
