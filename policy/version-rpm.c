// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <string.h>

#include "policy/version-part.h"
#include "policy/version.h"

/* A part of a version that is consumed from the front. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* All but what is compared only separates. */
static void skip_separators(struct version_part *v)
{
	while (v->p < v->end && !is_digit(*v->p) && !is_letter(*v->p) && *v->p != '~' &&
	       *v->p != '^')
		v->p++;
}

/* What comes next, in rising order; so "1~" < "1" < "1^" < "1a" < "1.1". */
enum piece { TILDE, END, CARET, WORD, NUMBER };

static enum piece piece_of(const struct version_part *v)
{
	if (v->p == v->end)
		return END;
	if (*v->p == '~')
		return TILDE;
	if (*v->p == '^')
		return CARET;
	return is_digit(*v->p) ? NUMBER : WORD;
}

static struct version_part cut(struct version_part *v, bool (*belongs)(char))
{
	struct version_part n = { v->p, v->p };

	while (v->p < v->end && belongs(*v->p))
		v->p++;
	n.end = v->p;
	return n;
}

static int compare_parts(struct version_part a, struct version_part b)
{
	enum piece m, n;
	int r = 0;

	do {
		skip_separators(&a);
		skip_separators(&b);
		m = piece_of(&a);
		n = piece_of(&b);
		if (m != n)
			return m < n ? -1 : 1;
		if (m == NUMBER)
			r = version_compare_numbers(cut(&a, is_digit), cut(&b, is_digit));
		else if (m == WORD)
			r = version_compare_words(cut(&a, is_letter), cut(&b, is_letter));
		else if (m != END)
			a.p++, b.p++;
	} while (!r && m != END);
	return r;
}

struct version {
	struct version_part epoch, version, release; /* p of a release is NULL when there is none */
};

/* An epoch is digits before a colon; the release is what follows the last hyphen. */
static struct version split(const char *text, size_t len)
{
	struct version_part all = { text, text + len };
	struct version_part epoch = cut(&all, is_digit);
	struct version v = { .epoch = { text, text } };
	const char *hyphen;

	if (all.p < all.end && *all.p == ':') {
		v.epoch = epoch;
		text = all.p + 1;
	}
	hyphen = memrchr(text, '-', (size_t)(all.end - text));
	v.version = (struct version_part){ text, hyphen ? hyphen : all.end };
	if (hyphen)
		v.release = (struct version_part){ hyphen + 1, all.end };
	return v;
}

int version_compare_rpm(const char *a, size_t a_len, const char *b, size_t b_len)
{
	struct version v = split(a, a_len), w = split(b, b_len);
	int r = version_compare_numbers(v.epoch, w.epoch);

	if (!r)
		r = compare_parts(v.version, w.version);
	if (r)
		return r;
	if (!v.release.p || !w.release.p)
		return (v.release.p != NULL) - (w.release.p != NULL);
	return compare_parts(v.release, w.release);
}
