// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/named.h"

#define LABEL_MAX 63
#define DIGITS	  "0123456789"
#define LETTERS	  "abcdefghijklmnopqrstuvwxyz"

static void make_small(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

static bool label_ok(const char *label, size_t n, bool service)
{
	bool marked = service && *label == '_';

	label += marked;
	n -= marked;
	return n && n <= LABEL_MAX && strspn(label, LETTERS DIGITS "-") >= n && *label != '-' &&
	       label[n - 1] != '-';
}

int name_read(const char *text, bool service, struct name *ret, struct fault *fault)
{
	struct name name = { 0 };
	unsigned labels = 0;
	const char *p, *last;
	size_t n;

	if (strlen(text) > NAMED_LENGTH)
		return fault_set(fault, -EINVAL, "has more than %d characters", NAMED_LENGTH);
	memcpy(name.text, text, strlen(text));
	make_small(name.text);
	for (p = name.text;; p += n + 1) {
		n = strcspn(p, ".");
		if (!label_ok(p, n, service))
			return fault_set(fault, -EINVAL,
					 "is not the name of a host; it has letters, digits and "
					 "hyphens between dots, and no dot at the end; write one "
					 "with other letters as \"xn--...\"");
		labels++;
		last = p;
		if (!p[n])
			break;
	}
	if (labels < 2)
		return fault_set(fault, -EINVAL,
				 "is not a whole name; write it with its domain, \"%.60s.example\"",
				 name.text);
	if (!last[strspn(last, DIGITS)])
		return fault_set(fault, -EINVAL, "is neither an address nor the name of a host");
	*ret = name;
	return 0;
}

/* RFC 6890, and what of it can be nobody else's: no answer may send us there. */
static const struct prefix nobodys[] = {
	{ AF_INET, 8, { 0 } },
	{ AF_INET, 8, { 127 } },
	{ AF_INET, 16, { 169, 254 } },
	{ AF_INET, 3, { 224 } },			/* multicast, reserved, broadcast */
	{ AF_INET6, 96, { 0 } },			/* unspecified, loopback, IPv4-compatible */
	{ AF_INET6, 96, { [10] = 0xff, [11] = 0xff } }, /* IPv4-mapped */
	{ AF_INET6, 10, { 0xfe, 0x80 } },
	{ AF_INET6, 8, { 0xff } },
};

static bool any_holds(const struct prefix *places, size_t n, const struct prefix *a)
{
	for (size_t i = 0; i < n; i++)
		if (prefix_holds(&places[i], a->family, a->addr))
			return true;
	return false;
}

bool named_admits(const struct named *h, const struct prefix *a)
{
	if ((a->family != AF_INET && a->family != AF_INET6) || a->prefix != family_bits(a->family))
		return false;
	if (h->n_within)
		return any_holds(h->within, h->n_within, a);
	return !any_holds(nobodys, COUNT(nobodys), a);
}

void names_add(struct name *names, size_t *n, const struct name *one)
{
	for (size_t i = 0; i < *n; i++)
		if (!strcmp(names[i].text, one->text))
			return;
	names[(*n)++] = *one;
}

/* Where peers are written; the room was reckoned before. */
struct pen {
	struct peer *peers;
	size_t n;
};

static void open_place(struct pen *pen, const struct named *h, const struct prefix *at)
{
	for (size_t i = 0; i < h->n_ports; i++) {
		struct peer *p = &pen->peers[pen->n++];

		*p = (struct peer){ .family = at->family,
				    .prefix = at->prefix,
				    .anyone = h->anyone,
				    .proto = h->ports[i].proto,
				    .port = h->ports[i].number };
		memcpy(p->addr, at->addr, family_bits(at->family) / 8);
	}
}

static void open_named(struct pen *pen, const struct named *h, const struct found *f)
{
	size_t before = pen->n;

	for (size_t i = 0; f && i < f->n; i++) {
		if (named_admits(h, &f->at[i]))
			open_place(pen, h, &f->at[i]);
	}
	for (size_t i = 0; pen->n == before && i < h->n_instead; i++)
		open_place(pen, h, &h->instead[i]);
}

static const struct found *find(const struct found *found, size_t n, const struct name *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(found[i].name.text, name->text))
			return &found[i];
	return NULL;
}

static void *copy(const void *from, size_t n, size_t room, size_t size)
{
	void *p = calloc(room ? room : 1, size);

	if (p && n)
		memcpy(p, from, n * size);
	return p;
}

static void drop_allow(struct allow *a)
{
	allow_free(a);
}

int allow_resolve(const struct allow *a, const struct found *found, size_t n_found,
		  const struct name *more, size_t n_more, struct allow *ret)
{
	const size_t room = a->n_out + a->n_named * NAMED_PORTS_MAX * FOUND_MAX;
	_drop_(drop_allow) struct allow new = *a;
	struct pen pen;

	_Static_assert(NAMED_PLACES_MAX <= FOUND_MAX, "the room for a host's peers");
	new.named = NULL;
	new.n_named = 0;
	new.open = NULL;
	new.n_open = 0;
	new.open_names = NULL;
	new.n_open_names = 0;
	new.out = copy(a->out, a->n_out, room, sizeof(*a->out));
	new.in = copy(a->in, a->n_in, a->n_in, sizeof(*a->in));
	new.names = copy(a->names, a->n_names, a->n_names + n_more, sizeof(*a->names));
	if (!new.out || !new.in || !new.names)
		return -ENOMEM;
	pen = (struct pen){ new.out, new.n_out };
	for (size_t i = 0; i < a->n_named; i++)
		open_named(&pen, &a->named[i], find(found, n_found, &a->named[i].name));
	new.n_out = peers_merge(pen.peers, pen.n);
	for (size_t i = 0; i < n_more; i++)
		names_add(new.names, &new.n_names, &more[i]);
	*ret = new;
	new = (struct allow){ 0 };
	return 0;
}
