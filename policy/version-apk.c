// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <string.h>

#include "agent/base/count.h"
#include "policy/version-part.h"
#include "policy/version.h"

/*
 * What a version is made of, from the piece that sorts last to the one that sorts first
 * where the other version has something else: "1.0-r1" < "1.0a" < "1.0.1".  A suffix that
 * announces a release ("_rc1") sorts before all of them, before the end too.
 */
enum piece { FIRST, NUMBER, LETTER, SUFFIX, SUFFIX_NUMBER, HASH, REVISION, END, WRONG };

/* In rising order; those before the empty one announce. */
static const char *const suffixes[] = { "alpha", "beta", "pre", "rc", "",
					"cvs",	 "svn",	 "git", "hg", "p" };
#define RELEASED 4

struct token {
	enum piece piece;
	const char *p, *end; /* its text without what introduces it */
	int suffix;
};

struct rest {
	const char *p, *end;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_small(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f');
}

/* A text of at least one such byte, or the version is wrong from here on. */
static void cut(struct token *t, struct rest *v, enum piece piece, bool (*belongs)(char))
{
	t->p = v->p;
	while (v->p < v->end && belongs(*v->p))
		v->p++;
	t->end = v->p;
	t->piece = t->p == t->end ? WRONG : piece;
}

static void cut_suffix(struct token *t, struct rest *v)
{
	size_t len;

	cut(t, v, SUFFIX, is_small);
	len = (size_t)(t->end - t->p);
	for (int i = 0; len && i < (int)(COUNT(suffixes)); i++)
		if (strlen(suffixes[i]) == len && !memcmp(suffixes[i], t->p, len)) {
			t->suffix = i;
			return;
		}
	t->piece = WRONG;
}

static void cut_letter(struct token *t, struct rest *v)
{
	t->p = v->p++;
	t->end = v->p;
	t->piece = LETTER;
}

static bool skip(struct rest *v, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(v->end - v->p) < len || memcmp(v->p, text, len))
		return false;
	v->p += len;
	return true;
}

/* Which piece may follow which is part of the form. */
static void next(struct token *t, struct rest *v)
{
	enum piece was = t->piece;

	t->piece = WRONG;
	if (v->p == v->end)
		t->piece = END;
	else if (was <= NUMBER && is_small(*v->p))
		cut_letter(t, v);
	else if (was <= NUMBER && skip(v, "."))
		cut(t, v, NUMBER, is_digit);
	else if (was == SUFFIX && is_digit(*v->p))
		cut(t, v, SUFFIX_NUMBER, is_digit);
	else if (was <= SUFFIX_NUMBER && skip(v, "_"))
		cut_suffix(t, v);
	else if (was < HASH && skip(v, "~"))
		cut(t, v, HASH, is_hex);
	else if (was < REVISION && skip(v, "-r"))
		cut(t, v, REVISION, is_digit);
}

/* Both are of the same kind. */
static int compare_tokens(const struct token *a, const struct token *b)
{
	const struct version_part m = { a->p, a->end }, n = { b->p, b->end };

	switch (a->piece) {
	case NUMBER: /* 1.05 < 1.1: with a zero in front it is a fraction, as Gentoo has it */
		return *a->p == '0' || *b->p == '0' ? version_compare_words(m, n)
						    : version_compare_numbers(m, n);
	case FIRST:
	case SUFFIX_NUMBER:
	case REVISION: return version_compare_numbers(m, n);
	case SUFFIX: return a->suffix - b->suffix;
	case LETTER:
	case HASH: return version_compare_words(m, n);
	case END:
	case WRONG: break;
	}
	return 0;
}

static bool announces(const struct token *t)
{
	return t->piece == SUFFIX && t->suffix < RELEASED;
}

int version_compare_apk(const char *a, size_t a_len, const char *b, size_t b_len)
{
	struct rest v = { a, a + a_len }, w = { b, b + b_len };
	struct token s, t;

	cut(&s, &v, FIRST, is_digit);
	cut(&t, &w, FIRST, is_digit);
	while (s.piece == t.piece && s.piece < END) {
		int r = compare_tokens(&s, &t);

		if (r)
			return r;
		next(&s, &v);
		next(&t, &w);
	}
	if (s.piece == t.piece)
		return 0;
	if (announces(&s) || announces(&t))
		return announces(&s) ? -1 : 1;
	return s.piece > t.piece ? -1 : 1;
}
