// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/posture/deb822.h"

/* Where a value lies behind the stanza's beginning; the window may still move. */
struct place {
	size_t at, len;
	bool there;
};

struct deb822 {
	int fd;
	const struct word *names; /* of the wanted fields */
	size_t n;
	struct place places[DEB822_FIELDS_MAX];
	unsigned line; /* of the file, the one at `at` */
	bool end;      /* nothing is left to read */
	bool closed;
	size_t from, at, len; /* in the window: this stanza, its next line, all text */
	char text[DEB822_WINDOW];
};

int deb822_open(int fd, const struct word *names, size_t n, struct deb822 **ret)
{
	struct deb822 *d = n > DEB822_FIELDS_MAX ? NULL : malloc(sizeof(*d));

	if (!d)
		return -ENOMEM;
	/* All but the window, which is only touched as far as the file goes. */
	memset(d, 0, offsetof(struct deb822, text));
	d->fd = fd;
	d->names = names;
	d->n = n;
	d->line = 1;
	*ret = d;
	return 0;
}

struct deb822 *deb822_close(struct deb822 *d)
{
	free(d);
	return NULL;
}

/* Reads more behind what there is, after moving this stanza to the window's front. */
static int refill(struct deb822 *d, struct fault *fault)
{
	ssize_t n;

	memmove(d->text, d->text + d->from, d->len - d->from);
	d->len -= d->from;
	d->at -= d->from;
	d->from = 0;
	if (d->len == sizeof(d->text))
		return fault_set(fault, -EFBIG, "a stanza is longer than %d bytes", DEB822_WINDOW);
	do
		n = read(d->fd, d->text + d->len, sizeof(d->text) - d->len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fault_set(fault, -errno, "%s", strerror(errno));
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
		if (d->end)
			return d->at == d->len ? 0
					       : refuse(d, "ends in the middle of a line", fault);
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

static int note_value(struct deb822 *d, struct place *place, struct word value, struct fault *fault)
{
	value = trim(value);
	if (place->there)
		return refuse(d, "a field is there twice", fault);
	if (has_control(value))
		return refuse(d, "a control character in a value", fault);
	*place = (struct place){ (size_t)(value.p - d->text) - d->from, value.len, true };
	return 0;
}

static int note_field(struct deb822 *d, struct word line, struct fault *fault)
{
	const char *colon = memchr(line.p, ':', line.len);
	size_t name_len = colon ? (size_t)(colon - line.p) : 0;

	if (!name_len)
		return refuse(d, "neither \"Name: value\" nor a continued line", fault);
	for (size_t i = 0; i < d->n; i++)
		/* The first letter spares most calls of memcmp, at 20 fields a stanza. */
		if (*d->names[i].p == *line.p && word_is(d->names[i], line.p, name_len))
			return note_value(d, &d->places[i],
					  (struct word){ colon + 1, line.len - name_len - 1 },
					  fault);
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
			r = note_field(d, line, fault);
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

	d->from = d->at;
	memset(d->places, 0, sizeof(d->places));
	fields = read_stanza(d, fault);
	if (fields <= 0)
		return fields;
	for (size_t i = 0; i < d->n; i++) {
		const struct place *p = &d->places[i];

		values[i] = p->there ? (struct word){ d->text + d->from + p->at, p->len }
				     : (struct word){ NULL, 0 };
	}
	return 1;
}

bool deb822_closed(const struct deb822 *d)
{
	return d->closed;
}
