// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/posture/aptconf.h"
#include "agent/posture/deb822.h"
#include "agent/posture/parts.h"

#define FILE_MAX      (1024 * 1024)
#define ARCHITECTURES "APT::Architectures"
#define DEPTH_MAX     16		     /* of braces */
#define WHOLE_MAX     (4 * APTCONF_TEXT_MAX) /* of a name with its scope */

enum {
	DEFAULT_RELEASE,
	MACHINE_ID,
	ALWAYS,
	ALWAYS_OLD,
	NEVER,
	NEVER_OLD,
	PLACES, /* from here on: where things are */
	OPTIONS = PLACES + 10
};

/* `is` and `also`: what a place may be without being another one than we read. */
static const struct option {
	const char *name, *is, *also;
} options[OPTIONS] = {
	[DEFAULT_RELEASE] = { .name = "APT::Default-Release" },
	[MACHINE_ID] = { .name = "APT::Machine-ID" },
	[ALWAYS] = { .name = "APT::Get::Always-Include-Phased-Updates" },
	[ALWAYS_OLD] = { .name = "Update-Manager::Always-Include-Phased-Updates" },
	[NEVER] = { .name = "APT::Get::Never-Include-Phased-Updates" },
	[NEVER_OLD] = { .name = "Update-Manager::Never-Include-Phased-Updates" },
	[PLACES] = { "RootDir", "", "" },
	{ "Dir", "", "" },
	{ "Dir::State", "var/lib/apt", "" },
	{ "Dir::State::lists", "lists", "var/lib/apt/lists" },
	{ "Dir::State::status", "var/lib/dpkg/status", "" },
	{ "Dir::Etc", "etc/apt", "" },
	{ "Dir::Etc::preferences", "preferences", "etc/apt/preferences" },
	{ "Dir::Etc::preferencesparts", "preferences.d", "etc/apt/preferences.d" },
	{ "Dir::Etc::parts", "apt.conf.d", "etc/apt/apt.conf.d" },
	{ "Dir::Etc::main", "apt.conf", "etc/apt/apt.conf" },
};

/* What the files say, one option each. */
struct said {
	char value[APTCONF_TEXT_MAX], file[APTCONF_TEXT_MAX];
	unsigned line;
	bool set;
};

struct reading {
	struct said said[OPTIONS];
	struct said include;
	struct fault *fault;
	char architectures[APTCONF_TEXT_MAX];
	const char *file;
	const char *at, *end;
	unsigned line;
	char scope[2 * APTCONF_TEXT_MAX];
	size_t marks[DEPTH_MAX], depth; /* how long the scope was before each brace */
};

static bool begins(const struct reading *r, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(r->end - r->at) >= n && !memcmp(r->at, with, n);
}

static void skip_to(struct reading *r, const char *mark)
{
	const char *to = memmem(r->at, (size_t)(r->end - r->at), mark, strlen(mark));

	for (to = to ? to + strlen(mark) : r->end; r->at < to; r->at++)
		r->line += *r->at == '\n';
}

/* Blanks and comments; "#clear" and "#include" are none. */
static void skip_blanks(struct reading *r)
{
	while (r->at < r->end) {
		if (begins(r, "//") ||
		    (*r->at == '#' && !begins(r, "#clear") && !begins(r, "#include")))
			skip_to(r, "\n");
		else if (begins(r, "/*"))
			skip_to(r, "*/");
		else if (isspace((unsigned char)*r->at))
			r->line += *r->at++ == '\n';
		else
			return;
	}
}

/* A word, quoted or not; false where there is none.  One that is too long fits no option. */
static bool read_word(struct reading *r, char out[APTCONF_TEXT_MAX])
{
	bool quoted = r->at < r->end && *r->at == '"';
	size_t n = 0;

	r->at += quoted;
	for (; r->at < r->end; r->at++) {
		if (quoted ? *r->at == '"' || *r->at == '\n'
			   : isspace((unsigned char)*r->at) || strchr(";{}\"", *r->at))
			break;
		if (n < APTCONF_TEXT_MAX - 1)
			out[n++] = *r->at;
	}
	out[n] = '\0';
	r->at += quoted && r->at < r->end && *r->at == '"';
	return quoted || n;
}

/* "APT::Default-Release" from the braces around it and the name itself. */
static void join(const struct reading *r, const char *name, char out[WHOLE_MAX])
{
	snprintf(out, WHOLE_MAX, "%.255s%s%.127s", r->scope, *r->scope && *name ? "::" : "", name);
}

static void note(const struct reading *r, const char *value, struct said *s)
{
	snprintf(s->value, sizeof(s->value), "%s", value);
	snprintf(s->file, sizeof(s->file), "/%.120s", r->file);
	s->line = r->line;
	s->set = true;
}

/* A list grows: `APT::Architectures { "amd64"; "i386"; };` or `APT::Architectures:: "i386";`. */
static void add_architecture(struct reading *r, const char *name)
{
	size_t n = strlen(r->architectures);

	snprintf(r->architectures + n, sizeof(r->architectures) - n, "%s%s", n ? " " : "", name);
}

static void clear(struct reading *r, const char *name)
{
	size_t n = strlen(name);

	if (!strncasecmp(ARCHITECTURES, name, n) && (!ARCHITECTURES[n] || ARCHITECTURES[n] == ':'))
		r->architectures[0] = '\0';

	for (size_t i = 0; i < OPTIONS; i++)
		if (!strncasecmp(options[i].name, name, n) &&
		    (!options[i].name[n] || options[i].name[n] == ':'))
			r->said[i].set = false;
}

static void set(struct reading *r, const char *name, const char *value)
{
	char whole[WHOLE_MAX];

	if (!strcmp(name, "#clear")) {
		clear(r, value);
		return;
	}
	if (!strcmp(name, "#include")) {
		note(r, value, &r->include);
		return;
	}
	join(r, name, whole);
	if (!strcasecmp(whole, ARCHITECTURES) || !strcasecmp(whole, ARCHITECTURES "::"))
		add_architecture(r, value);
	for (size_t i = 0; i < OPTIONS; i++)
		if (!strcasecmp(whole, options[i].name))
			note(r, value, &r->said[i]);
}

static bool open_brace(struct reading *r, const char *name)
{
	char whole[WHOLE_MAX];

	join(r, name, whole);
	if (r->depth == DEPTH_MAX || strlen(whole) >= sizeof(r->scope))
		return false;
	r->marks[r->depth++] = strlen(r->scope);
	strcpy(r->scope, whole);
	return true;
}

static bool close_brace(struct reading *r)
{
	if (!r->depth)
		return false;
	r->scope[r->marks[--r->depth]] = '\0';
	return true;
}

/* `Name "value";`, `Name { ... };` or the end of such; false where no more can be read. */
static bool read_statement(struct reading *r)
{
	char words[2][APTCONF_TEXT_MAX] = { "", "" }, more[APTCONF_TEXT_MAX];
	size_t n = 0;
	char c;

	for (skip_blanks(r); r->at < r->end && !strchr(";{}", *r->at); skip_blanks(r))
		if (!read_word(r, n < 2 ? words[n] : more) || ++n > 16)
			return false;
	if (r->at == r->end)
		return false;
	c = *r->at++;
	if (c == '{')
		return open_brace(r, words[0]);
	if (n > 1)
		set(r, words[0], words[1]);
	else if (n == 1 && !strcasecmp(r->scope, ARCHITECTURES))
		add_architecture(r, words[0]);
	return c == '}' ? close_brace(r) : true;
}

static int read_file(void *ctx, int root, const char *name)
{
	struct reading *r = ctx;
	_free_ char *text = NULL;
	size_t len;
	int err = io_read(root, name, FILE_MAX, &text, &len);

	if (err < 0)
		return parts_lack(err) ? 0
				       : fault_set(r->fault, err, "/%s: %s", name, strerror(-err));
	r->file = name;
	r->at = text;
	r->end = text + len;
	r->line = 1;
	r->depth = 0;
	r->scope[0] = '\0';
	while (read_statement(r))
		;
	return 0;
}

/* As apt reads parts: letters, digits, '-', '_' and '.'; no ending, or ".conf". */
static int is_part(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return e->d_name[0] != '.' && (!dot || !strcmp(dot, ".conf")) &&
	       strspn(e->d_name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "-_.") == strlen(e->d_name);
}

/* As apt reads it: "yes", "true", "with", "on", "enable" and numbers but 0. */
static bool is_true(const struct said *s)
{
	static const char *const words[] = { "yes", "true", "with", "on", "enable" };

	for (size_t i = 0; s->set && i < COUNT(words); i++)
		if (!strcasecmp(s->value, words[i]))
			return true;
	return s->set && strtol(s->value, NULL, 0);
}

static enum phasing find_phasing(const struct said *s)
{
	if (is_true(&s[s[ALWAYS].set ? ALWAYS : ALWAYS_OLD]))
		return PHASING_ALWAYS;
	return is_true(&s[s[NEVER].set ? NEVER : NEVER_OLD]) ? PHASING_NEVER : PHASING_BY_TURN;
}

/* The same folder, but for slashes at its ends? */
static bool is_place(const char *value, const char *place)
{
	size_t n;

	while (*value == '/')
		value++;
	for (n = strlen(value); n && value[n - 1] == '/';)
		n--;
	return n == strlen(place) && !strncmp(value, place, n);
}

static int check_places(const struct reading *r, struct fault *fault)
{
	if (r->include.set)
		return fault_set(fault, -EXDEV, "%s:%u: %s is included, which is not read here",
				 r->include.file, r->include.line, r->include.value);
	for (size_t i = PLACES; i < OPTIONS; i++) {
		const struct said *s = &r->said[i];

		if (s->set && !is_place(s->value, options[i].is) &&
		    !is_place(s->value, options[i].also))
			return fault_set(fault, -EXDEV,
					 "%s:%u: %s is %s: what apt goes by is elsewhere", s->file,
					 s->line, options[i].name, s->value);
	}
	return 0;
}

int aptconf_read(int root, struct aptconf *ret, struct fault *fault)
{
	_free_ struct reading *r = calloc(1, sizeof(*r));
	const struct said *release;
	int err;

	if (!r)
		return -ENOMEM;
	r->fault = fault;
	err = parts_read(root, APT_CONF_PARTS, is_part, read_file, r, fault);
	if (err == 0)
		err = read_file(r, root, APT_CONF);
	*ret = (struct aptconf){ .phasing = find_phasing(r->said) };
	strcpy(ret->architectures, r->architectures);
	release = &r->said[DEFAULT_RELEASE];
	if (release->set) {
		strcpy(ret->release, release->value);
		strcpy(ret->file, release->file);
		ret->line = release->line;
	}
	if (r->said[MACHINE_ID].set)
		strcpy(ret->machine_id, r->said[MACHINE_ID].value);
	return err < 0 ? err : check_places(r, fault);
}
