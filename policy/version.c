// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <string.h>

#include "policy/version.h"

/* A part of a version that is consumed from the front. */
struct part {
	const char *p, *end;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The sorting weight outside numbers: '~', then the end (as is a digit), letters, the rest. */
static int weight(const struct part *v)
{
	unsigned char c;

	if (v->p == v->end || is_digit(*v->p))
		return 0;
	c = (unsigned char)*v->p;
	if (c == '~')
		return -1;
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ? c : c + 256;
}

static bool at_word(const struct part *v)
{
	return v->p < v->end && !is_digit(*v->p);
}

static int compare_words(struct part *a, struct part *b)
{
	while (at_word(a) || at_word(b)) {
		int diff = weight(a) - weight(b);

		if (diff)
			return diff;
		a->p++;
		b->p++;
	}
	return 0;
}

/* The digits of a number without leading zeros; numbers may be of any length. */
static struct part cut_number(struct part *v)
{
	struct part n;

	while (v->p < v->end && *v->p == '0')
		v->p++;
	n.p = v->p;
	while (v->p < v->end && is_digit(*v->p))
		v->p++;
	n.end = v->p;
	return n;
}

static int compare_numbers(struct part *a, struct part *b)
{
	struct part m = cut_number(a), n = cut_number(b);
	ptrdiff_t m_len = m.end - m.p, n_len = n.end - n.p;

	if (m_len != n_len)
		return m_len < n_len ? -1 : 1;
	return memcmp(m.p, n.p, (size_t)m_len);
}

static int compare_parts(struct part a, struct part b)
{
	while (a.p < a.end || b.p < b.end) {
		int r = compare_words(&a, &b);

		if (!r)
			r = compare_numbers(&a, &b);
		if (r)
			return r;
	}
	return 0;
}

struct version {
	struct part epoch, upstream, revision;
};

static struct version split(const char *text, size_t len)
{
	const char *end = text + len, *colon = memchr(text, ':', len), *hyphen;
	struct version v = { .epoch = { text, text }, .revision = { end, end } };

	if (colon) {
		v.epoch.end = colon;
		text = colon + 1;
	}
	hyphen = memrchr(text, '-', (size_t)(end - text));
	v.upstream = (struct part){ text, hyphen ? hyphen : end };
	if (hyphen)
		v.revision.p = hyphen + 1;
	return v;
}

int version_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	struct version v, w;
	int r;

	/* Mostly the fix is the very version that is installed. */
	if (a_len == b_len && !memcmp(a, b, a_len))
		return 0;
	v = split(a, a_len);
	w = split(b, b_len);
	r = compare_parts(v.epoch, w.epoch);
	if (!r)
		r = compare_parts(v.upstream, w.upstream);
	return r ? r : compare_parts(v.revision, w.revision);
}
