// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/posture/deb822.h"

struct deb822 {
	int fd;
	unsigned line; /* of the file, the one at `at` */
	bool end;      /* nothing is left to read */
	bool closed;
	size_t at, len; /* of the text in the window */
	char text[DEB822_WINDOW];
};

int deb822_open(int fd, struct deb822 **ret)
{
	/* Not calloc: the window is only touched as far as the file goes. */
	struct deb822 *d = malloc(sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->fd = fd;
	d->line = 1;
	d->end = d->closed = false;
	d->at = d->len = 0;
	*ret = d;
	return 0;
}

struct deb822 *deb822_close(struct deb822 *d)
{
	free(d);
	return NULL;
}

/* Reads more behind what there is, after moving the stanza that began at `from` to the front. */
static int refill(struct deb822 *d, size_t from, struct fault *fault)
{
	ssize_t n;

	memmove(d->text, d->text + from, d->len - from);
	d->len -= from;
	d->at -= from;
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
static int next_line(struct deb822 *d, size_t *start, struct word *ret, struct fault *fault)
{
	const char *nl;
	int r;

	while (!(nl = memchr(d->text + d->at, '\n', d->len - d->at))) {
		if (d->end)
			return d->at == d->len ? 0
					       : refuse(d, "ends in the middle of a line", fault);
		r = refill(d, *start, fault);
		if (r < 0)
			return r;
		*start = 0;
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

/* Values lie at offsets from the stanza's start while the window may still move. */
struct place {
	size_t at, len;
	bool there;
};

static int note_field(struct deb822 *d, struct word line, size_t start, const struct word *names,
		      size_t n, struct place *places, struct fault *fault)
{
	const char *colon = memchr(line.p, ':', line.len);
	struct word value;

	if (!colon || colon == line.p)
		return refuse(d, "neither \"Name: value\" nor a continued line", fault);
	for (size_t i = 0; i < n; i++) {
		if (!word_is(names[i], line.p, (size_t)(colon - line.p)))
			continue;
		value = trim((struct word){ colon + 1, line.len - (size_t)(colon + 1 - line.p) });
		if (places[i].there)
			return refuse(d, "a field is there twice", fault);
		if (has_control(value))
			return refuse(d, "a control character in a value", fault);
		places[i] = (struct place){ (size_t)(value.p - d->text) - start, value.len, true };
		break;
	}
	return 0;
}

/* All lines up to the blank one: how many fields there were. */
static int read_stanza(struct deb822 *d, size_t *start, const struct word *names, size_t n,
		       struct place *places, struct fault *fault)
{
	struct word line;
	int fields = 0, r;

	while ((r = next_line(d, start, &line, fault)) > 0) {
		bool continued = line.len && (*line.p == ' ' || *line.p == '\t');

		if (continued && !fields)
			return refuse(d, "a continued line continues nothing", fault);
		if (line.len && !continued) {
			r = note_field(d, line, *start, names, n, places, fault);
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
			*start = d->at;
	}
	return r < 0 ? r : fields;
}

int deb822_next(struct deb822 *d, const struct word *names, size_t n, struct word *values,
		struct fault *fault)
{
	struct place places[DEB822_FIELDS_MAX] = { 0 };
	size_t start = d->at;
	int fields = read_stanza(d, &start, names, n, places, fault);

	for (size_t i = 0; fields > 0 && i < n; i++)
		values[i] = places[i].there
				    ? (struct word){ d->text + start + places[i].at, places[i].len }
				    : (struct word){ NULL, 0 };
	return fields < 0 ? fields : fields > 0;
}

bool deb822_closed(const struct deb822 *d)
{
	return d->closed;
}
