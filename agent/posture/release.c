// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/posture/release.h"

#define SIGNED	  "-----BEGIN PGP SIGNED MESSAGE-----\n"
#define SIGNATURE "\n-----BEGIN PGP SIGNATURE-----\n"
#define THE_END	  "\n-----END PGP SIGNATURE-----\n"

/* What is inside a clear-signed text (RFC 9580 section 7); false when the frame is not whole. */
static bool unframe(struct word *text)
{
	const char *from, *to, *all_end = text->p + text->len;

	if (text->len < strlen(SIGNED) || memcmp(text->p, SIGNED, strlen(SIGNED)))
		return true;
	from = memmem(text->p, text->len, "\n\n", 2);
	to = memmem(text->p, text->len, SIGNATURE, strlen(SIGNATURE));
	if (!from || !to || to < from ||
	    memcmp(all_end - strlen(THE_END), THE_END, strlen(THE_END)))
		return false;
	*text = (struct word){ from + 2, (size_t)(to + 1 - (from + 2)) };
	return true;
}

/* "Sat, 21 Nov 2026 03:13:00 UTC" */
static bool date_parse(struct word w, int64_t *ret)
{
	struct tm tm = { 0 };
	char text[64];
	const char *zone;

	if (w.len >= sizeof(text))
		return false;
	memcpy(text, w.p, w.len);
	text[w.len] = '\0';
	zone = strptime(text, "%a, %d %b %Y %H:%M:%S ", &tm);
	if (!zone || (strcmp(zone, "UTC") && strcmp(zone, "GMT") && strcmp(zone, "+0000")))
		return false;
	*ret = timegm(&tm);
	return true;
}

enum {
	ORIGIN,
	LABEL,
	SUITE,
	CODENAME,
	VERSION,
	DATE,
	VALID_UNTIL,
	NOT_AUTOMATIC,
	BUT_UPGRADES,
	SHA256,
	FIELDS
};
static const struct word fields[FIELDS] = {
	[ORIGIN] = WORD("Origin:"),
	[LABEL] = WORD("Label:"),
	[SUITE] = WORD("Suite:"),
	[CODENAME] = WORD("Codename:"),
	[VERSION] = WORD("Version:"),
	[DATE] = WORD("Date:"),
	[VALID_UNTIL] = WORD("Valid-Until:"),
	[NOT_AUTOMATIC] = WORD("NotAutomatic:"),
	[BUT_UPGRADES] = WORD("ButAutomaticUpgrades:"),
	[SHA256] = WORD("SHA256:"),
};

/* The value of the wanted field that a line begins, or NULL; *ret says which field. */
static const char *find_field(const char *line, const char *nl, size_t *ret)
{
	for (size_t i = 0; i < FIELDS; i++) {
		if ((size_t)(nl - line) < fields[i].len || memcmp(line, fields[i].p, fields[i].len))
			continue;
		*ret = i;
		for (line += fields[i].len; *line == ' ';)
			line++;
		return line;
	}
	return NULL;
}

/* Each wanted field's value, with the lines that continue it. */
static bool read_fields(struct word body, struct word *values)
{
	const char *line = body.p, *end = body.p + body.len, *nl, *from = NULL;
	size_t i = 0;

	for (; line < end; line = nl + 1) {
		nl = memchr(line, '\n', (size_t)(end - line));
		if (!nl)
			return false;
		if (*line != ' ')
			from = find_field(line, nl, &i);
		if (from)
			values[i] = (struct word){ from, (size_t)(nl - from) };
	}
	return true;
}

int release_parse(const char *text, size_t len, struct release *ret, struct fault *fault)
{
	struct word body = { text, len }, v[FIELDS] = { 0 };
	struct release r = { 0 };

	if (!unframe(&body) || !read_fields(body, v))
		return fault_set(fault, -EBADMSG, "cut short");
	if (!v[DATE].p || !date_parse(v[DATE], &r.date))
		return fault_set(fault, -EBADMSG, "no Date that can be read");
	if (v[VALID_UNTIL].p && !date_parse(v[VALID_UNTIL], &r.valid_until))
		return fault_set(fault, -EBADMSG, "Valid-Until cannot be read");
	r.origin = v[ORIGIN];
	r.label = v[LABEL];
	r.suite = v[SUITE];
	r.codename = v[CODENAME];
	r.version = v[VERSION];
	r.not_automatic = word_is(v[NOT_AUTOMATIC], "yes", 3);
	r.but_upgrades = word_is(v[BUT_UPGRADES], "yes", 3);
	r.sums = v[SHA256];
	r.sums.len += r.sums.p != NULL; /* with the last line's end */
	*ret = r;
	return 0;
}

static bool ends_in(struct word w, const char *end)
{
	size_t n = strlen(end);

	return w.len >= n && !memcmp(w.p + w.len - n, end, n);
}

bool release_is_security(const struct release *r)
{
	return word_is(r->label, "Debian-Security", 15) || ends_in(r->suite, "-security") ||
	       ends_in(r->codename, "-security");
}

/* Is it a code name with an ending behind? */
static bool is_named(struct word name, struct word codename, const char *end)
{
	return name.len == codename.len + strlen(end) && ends_in(name, end) &&
	       !memcmp(name.p, codename.p, codename.len);
}

static bool is_suite(const struct release *r, const struct distribution *d, const char *end)
{
	return is_named(r->codename, d->codename, end) || is_named(r->suite, d->codename, end);
}

static bool is_security_of(const struct release *r, const struct distribution *d)
{
	if (!d->codename.len)
		return d->version.len && word_same(r->version, d->version);
	return is_suite(r, d, "-security") ||
	       (word_is(r->label, "Debian-Security", 15) && word_same(r->codename, d->codename));
}

/* Of Ubuntu all suites have one code name, so the other names have to be looked for first. */
enum suite_role release_role(const struct release *r, const struct distribution *d)
{
	if (release_is_security(r))
		return is_security_of(r, d) ? SUITE_SECURITY : SUITE_OTHER;
	if (r->not_automatic || !d->codename.len || is_suite(r, d, "-backports") ||
	    is_suite(r, d, "-proposed") || is_suite(r, d, "-proposed-updates"))
		return SUITE_OTHER;
	if (is_suite(r, d, "-updates"))
		return SUITE_UPDATES;
	return word_same(r->codename, d->codename) ? SUITE_BASE : SUITE_OTHER;
}

struct word release_name(const struct release *r)
{
	return r->codename.len ? r->codename : r->suite.len ? r->suite : r->label;
}

int release_size(const struct release *r, const char *path, uint64_t *size)
{
	char line_end[256];
	int n = snprintf(line_end, sizeof(line_end), " %s\n", path);
	const char *at, *p;
	uint64_t sum = 0, unit = 1;

	if (n < 0 || (size_t)n >= sizeof(line_end) || !r->sums.p)
		return -ENOENT;
	at = memmem(r->sums.p, r->sums.len, line_end, (size_t)n);
	if (!at)
		return -ENOENT;
	for (p = at; p > r->sums.p && p[-1] >= '0' && p[-1] <= '9' && unit < 1000000000000; p--) {
		sum += (uint64_t)(p[-1] - '0') * unit;
		unit *= 10;
	}
	if (p == at || p == r->sums.p || p[-1] != ' ')
		return -ENOENT;
	*size = sum;
	return 0;
}
