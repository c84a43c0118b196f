// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/posture/parts.h"
#include "agent/posture/pins.h"

#define FILE_MAX		 (1024 * 1024)
#define TEXT_MAX		 256  /* longer ones are no pins that anybody wrote */
#define PINS_MAX		 1024 /* each is compared with each offer */
#define PRIORITY_DEFAULT_RELEASE 990

enum kind { BY_VERSION, BY_RELEASE, BY_ORIGIN };

struct record {
	struct pin pin;
	enum kind kind;
	char packages[TEXT_MAX]; /* "*", or names, globs and /regexes/ with blanks between */
	char what[TEXT_MAX];	 /* behind the kind's name */
};

struct pins {
	struct record *rows;
	size_t n;
};

struct reading {
	struct pins *pins;
	struct fault *fault;
};

DEFINE_DROP(pins, pins_free)
DEFINE_DROP(deb822, deb822_close)
DEFINE_DROP(unpack, unpack_close)

struct pins *pins_free(struct pins *p)
{
	if (p)
		free(p->rows);
	free(p);
	return NULL;
}

static bool copy(char out[TEXT_MAX], struct word w)
{
	if (w.len >= TEXT_MAX)
		return false;
	memcpy(out, w.p, w.len);
	out[w.len] = '\0';
	return true;
}

/* A word, a glob, or an extended regular expression between slashes; case does not matter. */
static bool matches(const char *expression, struct word w)
{
	size_t n = strlen(expression);
	char text[TEXT_MAX], inner[TEXT_MAX];
	regex_t re;
	bool hit;

	if (!w.p || n >= TEXT_MAX || !copy(text, w))
		return false;
	if (n < 2 || expression[0] != '/' || expression[n - 1] != '/')
		return !strcasecmp(expression, text) ||
		       fnmatch(expression, text, FNM_CASEFOLD) == 0;
	copy(inner, (struct word){ expression + 1, n - 2 });
	if (regcomp(&re, inner, REG_EXTENDED | REG_ICASE | REG_NOSUB))
		return false;
	hit = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return hit;
}

static bool read_kind(struct record *r, struct word pin)
{
	static const char *const kinds[] = {
		[BY_VERSION] = "version", [BY_RELEASE] = "release", [BY_ORIGIN] = "origin"
	};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		size_t n = strlen(kinds[i]);

		if (pin.len <= n || strncasecmp(pin.p, kinds[i], n) ||
		    !isspace((unsigned char)pin.p[n]))
			continue;
		for (n++; n < pin.len && pin.p[n] == ' ';)
			n++;
		r->kind = (enum kind)i;
		return copy(r->what, (struct word){ pin.p + n, pin.len - n });
	}
	return false;
}

static bool read_priority(struct word w, int *ret)
{
	char text[TEXT_MAX], *end;
	long n;

	if (!w.len || !copy(text, w))
		return false;
	if (!strcmp(text, "never")) {
		*ret = PRIORITY_NEVER;
		return true;
	}
	n = strtol(text, &end, 10);
	if (*end || !n || n < -32767 || n > 32767)
		return false;
	*ret = (int)n;
	return true;
}

/* `origin "deb.example"`: the quotes are not of the name. */
static void unquote(char *text)
{
	size_t n = strlen(text);

	if (n < 2 || text[0] != '"' || text[n - 1] != '"')
		return;
	memmove(text, text + 1, n - 2);
	text[n - 2] = '\0';
}

enum { PACKAGE, PIN, PRIORITY, FIELDS };
static const struct word fields[FIELDS] = {
	[PACKAGE] = WORD("Package"),
	[PIN] = WORD("Pin"),
	[PRIORITY] = WORD("Pin-Priority"),
};

static int append(struct pins *p, const struct record *r)
{
	struct record *rows = reallocarray(p->rows, p->n + 1, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	p->rows = rows;
	p->rows[p->n++] = *r;
	return 0;
}

static int add(struct pins *p, const struct word *v, const char *file, unsigned line)
{
	struct record r = { .pin.line = line };

	if (p->n == PINS_MAX || !v[PACKAGE].len || !v[PIN].len || !copy(r.packages, v[PACKAGE]) ||
	    !read_kind(&r, v[PIN]) || !read_priority(v[PRIORITY], &r.pin.priority))
		return 0;
	if (r.kind == BY_ORIGIN)
		unquote(r.what);
	snprintf(r.pin.file, sizeof(r.pin.file), "/%s", file);
	return append(p, &r);
}

/* APT::Default-Release is a record that all others come after. */
static int add_default(struct pins *p, const struct aptconf *conf)
{
	struct record r = { .kind = BY_RELEASE,
			    .packages = "*",
			    .pin = { .priority = PRIORITY_DEFAULT_RELEASE, .line = conf->line } };

	if (!*conf->release)
		return 0;
	strcpy(r.what, conf->release);
	snprintf(r.pin.file, sizeof(r.pin.file), "%.79s", conf->file);
	return append(p, &r);
}

/* What is malformed apt does not heed either; 0 then, too. */
static int read_stanzas(struct pins *p, int fd, const char *name)
{
	_drop_(drop_unpack) struct unpack *in = NULL;
	_drop_(drop_deb822) struct deb822 *d = NULL;
	struct word v[FIELDS];
	int r = unpack_open(fd, "", FILE_MAX, &in, NULL), next = 0;

	if (r == 0)
		r = deb822_open(in, fields, FIELDS, &d);
	if (r == 0)
		deb822_by_hand(d);
	while (r == 0 && (next = deb822_next(d, v, NULL)) > 0)
		r = add(p, v, name, deb822_line(d));
	return r == 0 && next != -EBADMSG ? next : r;
}

static int read_file(void *ctx, int root, const char *name)
{
	struct reading *r = ctx;
	_close_ int fd = openat(root, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int err = fd < 0 ? -errno : read_stanzas(r->pins, fd, name);

	if (err == 0 || parts_lack(err))
		return 0;
	return fault_set(r->fault, err, "/%s: %s", name, strerror(-err));
}

/* As apt reads parts: letters, digits, '-', '_' and '.'; no ending, or ".pref". */
static int is_part(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return e->d_name[0] != '.' && (!dot || !strcmp(dot, ".pref")) &&
	       strspn(e->d_name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "-_.") == strlen(e->d_name);
}

int pins_read(int root, const struct aptconf *conf, struct pins **ret, struct fault *fault)
{
	_drop_(drop_pins) struct pins *p = calloc(1, sizeof(*p));
	struct reading reading = { p, fault };
	int r = p ? add_default(p, conf) : -ENOMEM;

	if (r == 0)
		r = read_file(&reading, root, APT_PREFERENCES);
	if (r == 0)
		r = parts_read(root, APT_PREFERENCES_PARTS, is_part, read_file, &reading, fault);
	if (r != -ENOMEM)
		*ret = take(p);
	return r;
}

/* "a=stable,l=Debian", or one word that is a version, an archive or a code name. */
static bool fits_release(const char *what, const struct pin_source *from)
{
	const struct {
		char name;
		struct word is;
	} rows[] = {
		{ 'a', from->archive }, { 'n', from->codename }, { 'v', from->version },
		{ 'o', from->origin },	{ 'l', from->label },	 { 'c', from->component },
		{ 'b', from->arch },
	};
	char text[TEXT_MAX], *rest = text, *part;

	strcpy(text, what);
	if (!strchr(text, '='))
		return isdigit((unsigned char)*text)
			       ? matches(text, from->version)
			       : matches(text, from->archive) || matches(text, from->codename);
	while ((part = strsep(&rest, ","))) {
		size_t i = 0, n = COUNT(rows);

		part += strspn(part, " ");
		part[strcspn(part, " ")] = '\0';
		while (i < n && (part[0] != rows[i].name || part[1] != '='))
			i++;
		if (i == n || !matches(part + 2, rows[i].is))
			return false;
	}
	return true;
}

static bool fits_source(const struct record *r, const struct pin_source *from)
{
	if (r->kind == BY_ORIGIN)
		return matches(r->what, from->site);
	return r->kind == BY_RELEASE && fits_release(r->what, from);
}

const struct pin *pins_general(const struct pins *p, const struct pin_source *from)
{
	for (size_t i = 0; p && i < p->n; i++)
		if (!strcmp(p->rows[i].packages, "*") && fits_source(&p->rows[i], from))
			return &p->rows[i].pin;
	return NULL;
}

/* One of the names: "libc6", "libc6:i386", "src:glibc", "linux-*", "/^lib/". */
static bool fits_name(char *name, struct word package, struct word arch, struct word source)
{
	bool is_regex = *name == '/';
	char *colon;

	if (!strncmp(name, "src:", 4)) {
		name += 4;
		package = source;
	}
	colon = is_regex ? NULL : strrchr(name, ':');
	if (colon) {
		*colon++ = '\0';
		if (strcmp(colon, "any") && strcmp(colon, "native") && !matches(colon, arch))
			return false;
	}
	return matches(name, package);
}

static bool fits_package(const struct record *r, struct word package, struct word arch,
			 struct word source)
{
	char text[TEXT_MAX], *rest = text, *name;

	if (!strcmp(r->packages, "*"))
		return false;
	strcpy(text, r->packages);
	while ((name = strsep(&rest, " \t")))
		if (*name && fits_name(name, package, arch, source))
			return true;
	return false;
}

const struct pin *pins_specific(const struct pins *p, struct word package, struct word arch,
				struct word source, struct word version,
				const struct pin_source *from)
{
	for (size_t i = 0; p && i < p->n; i++) {
		const struct record *r = &p->rows[i];

		if (fits_package(r, package, arch, source) &&
		    (r->kind == BY_VERSION ? matches(r->what, version) : fits_source(r, from)))
			return &r->pin;
	}
	return NULL;
}
