// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/posture/likeness.h"
#include "policy/digest.h"
#include "policy/summed.h"

#define MORE	 "more chains"
#define ROW_TEXT 160

/* What has no row of its own goes into the last one, each upon what was there before. */
static int fold(struct likeness_chain *last, const struct likeness_chain *c)
{
	uint8_t both[2 * LIKE_BYTES];

	memcpy(both, last->digest, LIKE_BYTES);
	memcpy(both + LIKE_BYTES, c->digest, LIKE_BYTES);
	snprintf(last->name, sizeof(last->name), MORE);
	last->rules += c->rules;
	return digest_make_short(both, sizeof(both), last->digest, LIKE_BYTES);
}

int likeness_take(void *likeness, const struct imprint_chain *c)
{
	struct likeness *l = likeness;
	struct likeness_chain one = { .rules = c->rules };
	int r = digest_make_short(c->bytes, c->len, one.digest, LIKE_BYTES);

	if (r < 0)
		return r;
	snprintf(one.name, sizeof(one.name), "%s", c->name);
	if (l->n == LIKENESS_CHAINS)
		return fold(&l->chains[l->n - 1], &one);
	l->chains[l->n++] = one;
	return 0;
}

int likeness_end(struct likeness *l)
{
	uint8_t all[LIKENESS_CHAINS * LIKE_BYTES];
	int r;

	for (size_t i = 0; i < l->n; i++)
		memcpy(all + i * LIKE_BYTES, l->chains[i].digest, LIKE_BYTES);
	r = digest_make_short(all, l->n * LIKE_BYTES, l->digest, LIKE_BYTES);
	if (r == 0)
		like_text(l->digest, l->text);
	return r;
}

static const struct likeness_chain *find(const struct likeness *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->chains[i].name, name))
			return &l->chains[i];
	return NULL;
}

struct difference {
	char *text;
	size_t room, used;
	unsigned more; /* that had no room */
};

static void add(struct difference *d, const char *what)
{
	size_t len = strlen(what) + (d->used ? 2 : 0);

	/* Room for "; and 255 more" is left. */
	if (d->more || d->used + len + 16 > d->room) {
		d->more++;
		return;
	}
	snprintf(d->text + d->used, d->room - d->used, "%s%s", d->used ? "; " : "", what);
	d->used += len;
}

static void compare(struct difference *d, const struct likeness_chain *is,
		    const struct likeness_chain *was)
{
	char what[160];

	if (!was)
		snprintf(what, sizeof(what), "%.40s is new", is->name);
	else if (is->rules != was->rules)
		snprintf(what, sizeof(what), "%.40s has %" PRIu32 " rules, not %" PRIu32, is->name,
			 is->rules, was->rules);
	else if (memcmp(is->digest, was->digest, LIKE_BYTES) != 0)
		snprintf(what, sizeof(what), "%.40s has other rules", is->name);
	else
		return;
	add(d, what);
}

bool likeness_differs(const struct likeness *now, const struct likeness *good, char *text,
		      size_t room)
{
	struct difference d = { .text = text, .room = room };
	char what[160];

	*text = '\0';
	if (!memcmp(now->digest, good->digest, LIKE_BYTES))
		return false;
	for (size_t i = 0; i < now->n; i++)
		compare(&d, &now->chains[i], find(good, now->chains[i].name));
	for (size_t i = 0; i < good->n; i++)
		if (!find(now, good->chains[i].name)) {
			snprintf(what, sizeof(what), "%.40s is gone", good->chains[i].name);
			add(&d, what);
		}
	if (d.more)
		snprintf(text + d.used, room - d.used, "%s%u more", d.used ? "; and " : "", d.more);
	return true;
}

char *likeness_write(const struct likeness *l, int64_t at, bool copied, size_t *len)
{
	char *text = malloc(LIKENESS_TEXT_MAX), hex[LIKE_TEXT], *p;

	if (!text)
		return NULL;
	p = text + SUMMED_HEAD;
	p += sprintf(p, " %" PRId64 " %d %zu\n", at, copied, l->n);
	for (size_t i = 0; i < l->n; i++) {
		const struct likeness_chain *c = &l->chains[i];

		like_text(c->digest, hex);
		p += sprintf(p, "%s %" PRIu32 " %s\n", hex, c->rules, c->name);
	}
	*len = (size_t)(p - text);
	if (summed_seal(text, *len) == 0)
		return text;
	free(text);
	return NULL;
}

static bool read_row(const char *line, size_t len, struct likeness_chain *ret)
{
	char hex[LIKE_TEXT] = "", row[ROW_TEXT];
	int at = 0;

	if (len >= sizeof(row))
		return false;
	memcpy(row, line, len);
	row[len] = '\0';
	if (sscanf(row, "%32s %" SCNu32 " %n", hex, &ret->rules, &at) != 2 || !at || !row[at] ||
	    strlen(row + at) >= sizeof(ret->name) || !like_parse(hex, ret->digest))
		return false;
	snprintf(ret->name, sizeof(ret->name), "%s", row + at);
	return true;
}

static int read_rows(const char *text, const char *end, size_t n, struct likeness *ret)
{
	for (; ret->n < n; ret->n++) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));

		if (!eol || !read_row(text, (size_t)(eol - text), &ret->chains[ret->n]))
			return -EBADMSG;
		text = eol + 1;
	}
	return text == end ? likeness_end(ret) : -EBADMSG;
}

int likeness_read(const char *text, size_t len, struct kept_firewall *k)
{
	_free_ struct likeness *good = calloc(1, sizeof(*good));
	int64_t at;
	unsigned copied;
	size_t n;
	int skip = 0, r;

	if (!good)
		return -ENOMEM;
	if (len > LIKENESS_TEXT_MAX || !summed_is_whole(text, len) || text[len - 1] != '\n' ||
	    sscanf(text + SUMMED_HEAD, " %" SCNd64 " %1u %zu%n", &at, &copied, &n, &skip) != 3 ||
	    at <= 0 || n > LIKENESS_CHAINS || text[SUMMED_HEAD + skip] != '\n')
		return -EBADMSG;
	r = read_rows(text + SUMMED_HEAD + skip + 1, text + len, n, good);
	if (r < 0)
		return r;
	k->good = *good;
	k->at = at;
	k->copied = copied;
	return 0;
}
