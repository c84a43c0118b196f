// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/posture/deb822.h"

#define READ_BYTES (64 * 1024) /* as much as stays in the processor's cache */

/* Where a value lies behind the stanza's beginning; the window may still move. */
struct place {
	size_t at, len;
	bool there;
};

struct deb822 {
	struct unpack *in;
	const struct word *names; /* of the wanted fields */
	size_t n;
	bool (*wanted)(void *ctx, struct word value);
	void *ctx;
	bool begins[256]; /* the first letters of those names */
	struct place places[DEB822_FIELDS_MAX];
	unsigned line;	 /* of the file, the one at `at` */
	unsigned stanza; /* the line it begins on */
	bool by_hand;
	bool end;	      /* nothing is left to read */
	bool closed;	      /* the last line was blank */
	bool skip;	      /* this stanza */
	size_t from, at, len; /* in the window: this stanza, its next line, all text */
	char text[DEB822_STANZA_MAX + READ_BYTES];
};

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
	for (size_t i = 0; i < n; i++)
		d->begins[(unsigned char)*names[i].p] = true;
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
	for (size_t i = 0; i < d->n; i++)
		d->begins[tolower((unsigned char)*d->names[i].p)] = true;
}

/* Reads more behind what there is, after moving this stanza to the window's front. */
static int refill(struct deb822 *d, struct fault *fault)
{
	/* Of a stanza that is passed over, only the line that is not whole yet is kept. */
	size_t from = d->skip ? d->at : d->from;
	ssize_t n;

	memmove(d->text, d->text + from, d->len - from);
	d->len -= from;
	d->at -= from;
	d->from = 0;
	if (d->len > DEB822_STANZA_MAX)
		return fault_set(fault, -EFBIG, "a stanza is longer than %d bytes",
				 DEB822_STANZA_MAX);
	n = unpack_read(d->in, d->text + d->len, READ_BYTES, fault);
	if (n < 0)
		return (int)n;
	d->len += (size_t)n;
	d->end = n == 0;
	return 0;
}

static int refuse(struct deb822 *d, const char *why, struct fault *fault)
{
	if (fault && !fault->why[0])
		fault->line = d->line;
	return fault_set(fault, -EBADMSG, "%s", why);
}

/* The line at `at`, without its end: 1, or 0 at the file's end. */
static int next_line(struct deb822 *d, struct word *ret, struct fault *fault)
{
	const char *nl;
	int r;

	while (!(nl = memchr(d->text + d->at, '\n', d->len - d->at))) {
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
	*ret = (struct word){ d->text + d->at, (size_t)(nl - d->text) - d->at };
	return 1;
}

static struct word trim(struct word w)
{
	while (w.len && (*w.p == ' ' || *w.p == '\t')) {
		w.p++;
		w.len--;
	}
	while (w.len && (w.p[w.len - 1] == ' ' || w.p[w.len - 1] == '\t'))
		w.len--;
	return w;
}

static bool has_control(struct word w)
{
	for (size_t i = 0; i < w.len; i++)
		if ((unsigned char)w.p[i] < ' ')
			return true;
	return false;
}

static int note_value(struct deb822 *d, size_t field, struct word value, bool first,
		      struct fault *fault)
{
	struct place *place = &d->places[field];

	value = trim(value);
	if (place->there)
		return refuse(d, "a field is there twice", fault);
	if (has_control(value))
		return refuse(d, "a control character in a value", fault);
	*place = (struct place){ (size_t)(value.p - d->text) - d->from, value.len, true };
	d->skip = first && field == 0 && d->wanted && !d->wanted(d->ctx, value);
	return 0;
}

static int note_field(struct deb822 *d, struct word line, bool first, struct fault *fault)
{
	/* A look at one letter spares most of the work, at 20 fields a stanza. */
	for (size_t i = 0; d->begins[(unsigned char)*line.p] && i < d->n; i++) {
		struct word name = d->names[i];

		if (line.len > name.len && line.p[name.len] == ':' &&
		    (d->by_hand ? !strncasecmp(line.p, name.p, name.len)
				: !memcmp(line.p, name.p, name.len)))
			return note_value(d, i,
					  (struct word){ line.p + name.len + 1,
							 line.len - name.len - 1 },
					  first, fault);
	}
	if (d->by_hand && *line.p == '#')
		return 0;
	if (*line.p <= ' ' || *line.p >= 0x7f || (first && !memchr(line.p, ':', line.len)))
		return refuse(d, "neither \"Name: value\" nor a continued line", fault);
	return 0;
}

/* All lines up to the blank one: how many fields there were. */
static int read_stanza(struct deb822 *d, struct fault *fault)
{
	struct word line;
	int fields = 0, r;

	while ((r = next_line(d, &line, fault)) > 0) {
		bool continued = line.len && (*line.p == ' ' || *line.p == '\t');

		if (continued && !fields)
			return refuse(d, "a continued line continues nothing", fault);
		if (line.len && !continued) {
			if (!fields)
				d->stanza = d->line;
			r = d->skip ? 0 : note_field(d, line, !fields, fault);
			if (r < 0)
				return r;
			fields++;
		}
		d->at += line.len + 1;
		d->line++;
		d->closed = !line.len;
		if (d->closed && fields)
			return fields;
		if (d->closed)
			d->from = d->at;
	}
	return r < 0 ? r : fields;
}

int deb822_next(struct deb822 *d, struct word *values, struct fault *fault)
{
	int fields;

	do {
		d->from = d->at;
		d->skip = false;
		memset(d->places, 0, sizeof(d->places));
		fields = read_stanza(d, fault);
	} while (fields > 0 && d->skip);
	if (fields <= 0)
		return fields;
	for (size_t i = 0; i < d->n; i++) {
		const struct place *p = &d->places[i];

		values[i] = p->there ? (struct word){ d->text + d->from + p->at, p->len }
				     : (struct word){ NULL, 0 };
	}
	return 1;
}

unsigned deb822_line(const struct deb822 *d)
{
	return d->stanza;
}

bool deb822_closed(const struct deb822 *d)
{
	return d->closed;
}
