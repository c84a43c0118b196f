// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/posture/deb822.h"
#include "agent/posture/ends.h"

#define READ_BYTES (64 * 1024) /* as much as stays in the processor's cache */

/* "Name:" as far as eight bytes go: what a line has to begin with, and which bits of it. */
struct head {
	uint64_t text, mask;
};

static const char no_field[] = "neither \"Name: value\" nor a continued line";

enum kind {
	LINE_BAD,
	LINE_FIELD,
	LINE_BLANK,
	LINE_COMMENT,
	LINE_OTHER, /* a field, with the first letter of none that is wanted */
	LINE_MORE,  /* continues the one before */
};

struct deb822 {
	struct unpack *in;
	const struct word *names; /* of the wanted fields */
	size_t n;
	bool (*wanted)(void *ctx, struct word value);
	void *ctx;
	unsigned char kinds[256];	       /* what a line is by its first byte: enum kind */
	unsigned char wanted_at[256];	       /* by two_letters(): a name + 1, or 0 */
	unsigned char next[DEB822_FIELDS_MAX]; /* the next name with the same letters + 1, or 0 */
	struct head heads[DEB822_FIELDS_MAX];
	struct word values[DEB822_FIELDS_MAX]; /* of this stanza, in the window */
	unsigned line;			       /* of the file, the one at `at` */
	unsigned stanza;		       /* the line it begins on */
	bool by_hand;
	bool end;	      /* nothing is left to read */
	bool closed;	      /* the last line was blank */
	bool skip;	      /* this stanza */
	size_t from, at, len; /* in the window: this stanza, its next line, all text */
	char text[DEB822_STANZA_MAX + READ_BYTES + ENDS_AHEAD];
};

/* Tells most lines apart at little cost; of "P:" the colon counts as a letter.  Case does not. */
static unsigned char two_letters(const char *line)
{
	uint16_t two;

	memcpy(&two, line, sizeof(two));
	return (unsigned char)((two | 0x2020u) * 0x9e37u >> 8);
}

static struct head make_head(struct word name)
{
	unsigned char text[sizeof(uint64_t)] = { 0 }, mask[sizeof(uint64_t)] = { 0 };
	struct head h;

	for (size_t i = 0; i <= name.len && i < sizeof(text); i++) {
		text[i] = (unsigned char)(i < name.len ? name.p[i] : ':');
		mask[i] = 0xff;
	}
	memcpy(&h.text, text, sizeof(text));
	memcpy(&h.mask, mask, sizeof(mask));
	return h;
}

int deb822_open(struct unpack *in, const struct word *names, size_t n, struct deb822 **ret)
{
	struct deb822 *d = n > DEB822_FIELDS_MAX ? NULL : malloc(sizeof(*d));

	if (!d)
		return -ENOMEM;
	/* All but the window, which is only touched as far as the file goes. */
	memset(d, 0, offsetof(struct deb822, text));
	d->in = in;
	d->names = names;
	d->n = n;
	d->line = 1;
	memset(&d->kinds['!'], LINE_OTHER, '~' - '!' + 1);
	d->kinds[' '] = d->kinds['\t'] = LINE_MORE;
	d->kinds['\n'] = LINE_BLANK;
	for (size_t i = 0; i < n; i++) {
		const char two[2] = { names[i].p[0], names[i].len > 1 ? names[i].p[1] : ':' };
		unsigned char *at = &d->wanted_at[two_letters(two)];

		d->heads[i] = make_head(names[i]);
		d->next[i] = *at;
		*at = (unsigned char)(i + 1);
		d->kinds[tolower((unsigned char)two[0])] = LINE_FIELD;
		d->kinds[toupper((unsigned char)two[0])] = LINE_FIELD;
	}
	*ret = d;
	return 0;
}

struct deb822 *deb822_close(struct deb822 *d)
{
	free(d);
	return NULL;
}

void deb822_filter(struct deb822 *d, bool (*wanted)(void *ctx, struct word value), void *ctx)
{
	d->wanted = wanted;
	d->ctx = ctx;
}

void deb822_by_hand(struct deb822 *d)
{
	d->by_hand = true;
	d->kinds['#'] = LINE_COMMENT;
}

static int refuse(struct deb822 *d, const char *why, struct fault *fault)
{
	if (fault && !fault->why[0])
		fault->line = d->line;
	return fault_set(fault, -EBADMSG, "%s", why);
}

/* Reads more behind what there is, after moving this stanza to the window's front. */
static int refill(struct deb822 *d, struct fault *fault)
{
	/* Of a stanza that is passed over, only the line that is not whole yet is kept. */
	size_t from = d->skip ? d->at : d->from;
	ssize_t n;

	memmove(d->text, d->text + from, d->len - from);
	for (size_t i = 0; i < d->n; i++)
		if (d->values[i].p)
			d->values[i].p -= from;
	d->len -= from;
	d->at -= from;
	d->from = 0;
	if (d->len > DEB822_STANZA_MAX)
		return fault_set(fault, -EFBIG, "a stanza is longer than %d bytes",
				 DEB822_STANZA_MAX);
	n = unpack_read(d->in, d->text + d->len, READ_BYTES, fault);
	if (n < 0)
		return (int)n;
	/* A block that a power cut left empty would swallow the stanzas that it runs over. */
	if (memchr(d->text + d->len, '\0', (size_t)n))
		return refuse(d, "a NUL byte, here or below", fault);
	d->len += (size_t)n;
	d->end = n == 0;
	memset(d->text + d->len, 0, ENDS_AHEAD);
	return 0;
}

/* Makes sure of a whole line at `at`, or that there is none: 1 or 0. */
static int await_line(struct deb822 *d, struct fault *fault)
{
	while (!memchr(d->text + d->at, '\n', d->len - d->at)) {
		int r;

		if (d->end && d->at >= d->len)
			return 0;
		if (d->end && !d->by_hand)
			return refuse(d, "ends in the middle of a line", fault);
		if (d->end) {
			d->text[d->len++] = '\n';
			continue;
		}
		r = refill(d, fault);
		if (r < 0)
			return r;
	}
	return 1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct word trim(struct word w)
{
	/* Mostly there is one. */
	if (w.len && *w.p == ' ') {
		w.p++;
		w.len--;
	}
	while (w.len && is_blank(*w.p)) {
		w.p++;
		w.len--;
	}
	while (w.len && is_blank(w.p[w.len - 1]))
		w.len--;
	return w;
}

/* Of eight bytes below 0x20 only these borrow into a top bit that was clear. */
static uint64_t controls_of(const char *p)
{
	uint64_t eight;

	memcpy(&eight, p, sizeof(eight));
	return (eight - 0x2020202020202020) & ~eight & 0x8080808080808080;
}

static bool has_control(struct word w)
{
	uint64_t found = 0;
	size_t i = 0;

	for (; i + sizeof(found) <= w.len; i += sizeof(found))
		found |= controls_of(w.p + i);
	if (i)
		return (found | controls_of(w.p + w.len - sizeof(found))) != 0;
	for (; i < w.len; i++)
		found |= (unsigned char)w.p[i] < ' ';
	return found;
}

static int note_value(struct deb822 *d, size_t field, struct word value, bool first,
		      struct fault *fault)
{
	value = trim(value);
	if (d->values[field].p)
		return refuse(d, "a field is there twice", fault);
	if (has_control(value))
		return refuse(d, "a control character in a value", fault);
	d->values[field] = value;
	d->skip = first && field == 0 && d->wanted && !d->wanted(d->ctx, value);
	return 0;
}

static bool is_field(const struct deb822 *d, struct word line, size_t i)
{
	struct word name = d->names[i];
	uint64_t eight;

	if (line.len <= name.len)
		return false;
	if (d->by_hand)
		return line.p[name.len] == ':' && !strncasecmp(line.p, name.p, name.len);
	memcpy(&eight, line.p, sizeof(eight));
	if ((eight & d->heads[i].mask) != d->heads[i].text)
		return false;
	return name.len < sizeof(eight) ||
	       (line.p[name.len] == ':' && !memcmp(line.p, name.p, name.len));
}

/* What the first line is decides whether this is a control file at all. */
static int read_field(struct deb822 *d, struct word line, bool first, struct fault *fault)
{
	if (first)
		d->stanza = d->line;
	for (size_t i = d->wanted_at[two_letters(line.p)]; i && !d->skip; i = d->next[i - 1]) {
		size_t len = d->names[i - 1].len + 1;

		if (is_field(d, line, i - 1))
			return note_value(d, i - 1, (struct word){ line.p + len, line.len - len },
					  first, fault);
	}
	return first && !memchr(line.p, ':', line.len) ? refuse(d, no_field, fault) : 0;
}

/*
 * Passes over the lines that are of no interest within a stanza: most are, and this is where
 * the time goes.  The end of the line at `at`, or NULL when it is not whole.
 */
static const char *skip_lines(struct deb822 *d)
{
	const char *p = d->text + d->at, *nl;
	struct ends ends = ends_of(p, d->len - d->at);
	unsigned n = 0;

	while ((nl = ends_next(&ends))) {
		enum kind kind = d->kinds[(unsigned char)*p];

		if (kind < LINE_OTHER && (kind != LINE_FIELD || d->wanted_at[two_letters(p)]))
			break;
		p = nl + 1;
		n++;
	}
	d->closed &= !n;
	d->at = (size_t)(p - d->text);
	d->line += n;
	return nl;
}

/* One line, which ends at nl: 1 when it was a field, or there was one before. */
static int read_line(struct deb822 *d, const char *nl, bool fields, struct fault *fault)
{
	struct word line = { d->text + d->at, (size_t)(nl - d->text) - d->at };
	enum kind kind = d->kinds[(unsigned char)*line.p];
	int r;

	switch (kind) {
	case LINE_BAD: return refuse(d, no_field, fault);
	case LINE_FIELD:
	case LINE_OTHER:
		r = read_field(d, line, !fields, fault);
		if (r < 0)
			return r;
		fields = true;
		break;
	case LINE_MORE:
		if (!fields)
			return refuse(d, "a continued line continues nothing", fault);
		break;
	case LINE_BLANK:
	case LINE_COMMENT: break;
	}
	d->closed = kind == LINE_BLANK;
	d->at += line.len + 1;
	d->line++;
	return fields;
}

/* All lines up to the blank one: 1 when there was a field. */
static int read_stanza(struct deb822 *d, struct fault *fault)
{
	int fields = 0;

	for (;;) {
		const char *nl = fields ? skip_lines(d)
					: memchr(d->text + d->at, '\n', d->len - d->at);

		if (!nl) {
			int r = await_line(d, fault);

			if (r <= 0)
				return r < 0 ? r : fields;
			continue;
		}
		fields = read_line(d, nl, fields, fault);
		if (fields < 0 || (d->closed && fields))
			return fields;
		if (d->closed)
			d->from = d->at;
	}
}

int deb822_next(struct deb822 *d, struct word *values, struct fault *fault)
{
	int fields;

	do {
		d->from = d->at;
		d->skip = false;
		memset(d->values, 0, sizeof(d->values));
		fields = read_stanza(d, fault);
	} while (fields > 0 && d->skip);
	if (fields > 0)
		memcpy(values, d->values, d->n * sizeof(*values));
	return fields;
}

unsigned deb822_line(const struct deb822 *d)
{
	return d->stanza;
}

bool deb822_closed(const struct deb822 *d)
{
	return d->closed;
}
