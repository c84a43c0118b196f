// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/posture/dpkg.h"
#include "agent/posture/list.h"
#include "agent/posture/phase.h"

#define PRIORITY_DEFAULT       500
#define PRIORITY_BUT_UPGRADES  100
#define PRIORITY_NOT_AUTOMATIC 1

DEFINE_DROP(deb822, deb822_close)
DEFINE_DROP(unpack, unpack_close)

enum { PACKAGE, VERSION, ARCHITECTURE, SOURCE, PHASE, FIELDS };
static const struct word fields[FIELDS] = {
	[PACKAGE] = WORD("Package"),
	[VERSION] = WORD("Version"),
	[ARCHITECTURE] = WORD("Architecture"),
	[SOURCE] = WORD("Source"),
	[PHASE] = WORD("Phased-Update-Percentage"),
};

struct reading {
	const struct list_ask *ask;
	struct inventory *inv;
	struct candidate *candidates;
	struct pin_source from;
	int priority; /* of all in this list */
	const struct pin *pin;
};

/* Behind "Packages" in the name: "", or how its compression is called; NULL: no list. */
static const char *list_ending(const char *below)
{
	static const char list[] = "Packages";
	const char *at = strstr(below, list);

	return at && (at == below || at[-1] == '_') ? at + strlen(list) : NULL;
}

bool list_is_one(const char *below)
{
	const char *ending = list_ending(below);

	return ending && (!*ending || unpack_is_packed(ending));
}

/* "main_binary-amd64_Packages" is of component main; the site is how the file's name begins. */
static void fill_source(struct reading *r)
{
	const struct suite *suite = r->ask->suite;
	const char *below = r->ask->below, *end = strstr(below, "_binary-");
	const struct release *of = &suite->release;

	r->from = (struct pin_source){
		.archive = of->suite,
		.codename = of->codename,
		.version = of->version,
		.origin = of->origin,
		.label = of->label,
		.component = { below, end ? (size_t)(end - below) : 0 },
		.site = { suite->name, strcspn(suite->name, "_") },
	};
	r->pin = pins_general(r->ask->pins, &r->from);
	r->priority = r->pin		   ? r->pin->priority
		      : !of->not_automatic ? PRIORITY_DEFAULT
		      : of->but_upgrades   ? PRIORITY_BUT_UPGRADES
					   : PRIORITY_NOT_AUTOMATIC;
}

static unsigned number(struct word w)
{
	unsigned n = 0;

	for (size_t i = 0; i < w.len && i < 4 && w.p[i] >= '0' && w.p[i] <= '9'; i++)
		n = 10 * n + (unsigned)(w.p[i] - '0');
	return n;
}

static bool is_reached(const struct reading *r, const struct offer *o, struct word source)
{
	switch (r->ask->phasing) {
	case PHASING_ALWAYS: return true;
	case PHASING_NEVER: return o->phase >= 100;
	case PHASING_BY_TURN: break;
	}
	return phase_reached(o->phase, source, o->source_version, r->ask->machine_id);
}

static struct offer make_offer(struct reading *r, const struct package *p, const struct word *v)
{
	const struct suite *suite = r->ask->suite;
	struct offer o = {
		.version = v[VERSION],
		.source_version = v[VERSION],
		.suite = suite->title,
		.role = suite->role,
		.since = suite->release.date,
		.counts = suite->counts,
		.priority = r->priority,
		.pin = r->pin,
		.phase = v[PHASE].len && suite->role != SUITE_SECURITY ? number(v[PHASE]) : 100,
	};
	struct word source;
	const struct pin *pin;

	dpkg_cut_source(v[SOURCE], &source, &o.source_version);
	if (!source.len)
		source = v[PACKAGE];
	r->from.arch = v[ARCHITECTURE];
	pin = pins_specific(r->ask->pins, p->name, p->arch, source, o.version, &r->from);
	/* A source that is never to be used is not by naming a package either. */
	if (pin && r->priority != PRIORITY_NEVER) {
		o.pin = pin;
		o.priority = pin->priority;
		o.specific = true;
	}
	o.reached = is_reached(r, &o, source);
	return o;
}

/* Records may be about what is installed, wherever it came from: "Pin: version 1.2*". */
static void weigh_installed(const struct reading *r, const struct package *p, struct candidate *c)
{
	static const struct pin_source here = { .archive = WORD("now") };
	const struct pin *pin;

	if (c->weighed)
		return;
	c->weighed = true;
	pin = pins_specific(r->ask->pins, p->name, p->arch, p->source, p->version, &here);
	if (!pin)
		return;
	c->pin = pin;
	c->priority = pin->priority;
	c->own = true;
}

/* A package may turn from one architecture into "all" or back. */
static bool fits(struct word installed, struct word offered)
{
	return word_same(installed, offered) || word_is(installed, "all", 3) ||
	       word_is(offered, "all", 3);
}

/* apt passes over what is for an architecture that it was not told of. */
static bool is_for_us(const struct reading *r, struct word arch)
{
	const char *at = r->ask->architectures;

	if (!at || !*at || word_is(arch, "all", 3))
		return true;
	for (; *at; at += strcspn(at, " "), at += *at == ' ')
		if (word_is(arch, at, strcspn(at, " ")))
			return true;
	return false;
}

static int weigh(struct reading *r, const struct word *v)
{
	size_t n, at = 0, i;
	const struct package *rows = inventory_list(r->inv, &n);
	struct word version = { 0 }, source_version = { 0 };
	int err = 0;

	while ((i = inventory_find(r->inv, v[PACKAGE], &at)) != INVENTORY_END && err == 0) {
		struct candidate *c = &r->candidates[i];
		struct offer o;

		if (!fits(rows[i].arch, v[ARCHITECTURE]))
			continue;
		weigh_installed(r, &rows[i], c);
		o = make_offer(r, &rows[i], v);
		/* The window moves on; the same for all architectures. */
		if (!version.p && !word_same(o.version, rows[i].version)) {
			version = o.version;
			source_version = o.source_version;
			err = inventory_keep(r->inv, &version);
			if (err == 0)
				err = inventory_keep(r->inv, &source_version);
		}
		if (version.p) {
			o.version = version;
			o.source_version = source_version;
		}
		if (err == 0)
			candidate_weigh(c, &rows[i], &o);
	}
	return err;
}

static bool is_installed(void *ctx, struct word name)
{
	struct reading *r = ctx;
	size_t at = 0;

	return inventory_find(r->inv, name, &at) != INVENTORY_END;
}

static int read_stanzas(struct reading *r, struct deb822 *d, struct fault *fault)
{
	struct word v[FIELDS];
	int err;

	deb822_filter(d, is_installed, r);
	while ((err = deb822_next(d, v, fault)) > 0) {
		if (!v[PACKAGE].len || !v[VERSION].len || !v[ARCHITECTURE].len)
			return fault_set(fault, -EBADMSG,
					 "a stanza without Package, Version or Architecture");
		err = is_for_us(r, v[ARCHITECTURE]) ? weigh(r, v) : 0;
		if (err < 0)
			break;
	}
	return err;
}

/* What the suite's Release file says of the list as it is when it is not compressed. */
static bool told_size(const struct list_ask *ask, uint64_t *size)
{
	char path[256];
	size_t n = strlen(ask->below) - strlen(list_ending(ask->below));

	if (n >= sizeof(path))
		return false;
	memcpy(path, ask->below, n);
	path[n] = '\0';
	for (char *c = path; (c = strchr(c, '_'));)
		*c = '/';
	return release_size(&ask->suite->release, path, size) == 0;
}

static int read_unpacked(struct reading *r, struct unpack *in, struct fault *fault)
{
	_drop_(drop_deb822) struct deb822 *d = NULL;
	uint64_t size, is;
	int err = deb822_open(in, fields, FIELDS, &d);
	bool known = told_size(r->ask, &size);

	if (err == 0)
		err = read_stanzas(r, d, fault);
	if (err < 0)
		return err;
	/* A suite's Release of now with a list of before: an update was broken off, or runs. */
	is = unpack_total(in);
	if (known && size != is)
		return fault_set(fault, -EBADMSG, "%llu bytes; its suite says %llu",
				 (unsigned long long)is, (unsigned long long)size);
	if (!known && !deb822_closed(d))
		return fault_set(fault, -EBADMSG, "ends in the middle of a stanza");
	return 0;
}

int list_read(const struct list_ask *ask, struct inventory *inv, struct candidate *candidates,
	      struct fault *fault)
{
	_close_ int fd = openat(ask->lists, ask->name,
				O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	_drop_(drop_unpack) struct unpack *in = NULL;
	struct reading r = { .ask = ask, .inv = inv, .candidates = candidates };
	int err;

	if (fd < 0 && errno == ENOENT)
		return fault_set(fault, -EAGAIN, "vanished while apt's lists were read");
	if (fd < 0)
		return -errno;
	fill_source(&r);
	err = unpack_open(fd, list_ending(ask->below), APT_LIST_MAX, &in, fault);
	return err < 0 ? err : read_unpacked(&r, in, fault);
}

static bool is_nobody(void *ctx, struct word name)
{
	(void)ctx, (void)name;
	return false;
}

int list_check(int lists, const char *name, struct fault *fault)
{
	_close_ int fd = openat(lists, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	_drop_(drop_unpack) struct unpack *in = NULL;
	_drop_(drop_deb822) struct deb822 *d = NULL;
	const char *ending = list_ending(name);
	struct word v[FIELDS];
	int err;

	if (fd < 0)
		return -errno;
	err = unpack_open(fd, ending ? ending : "", APT_LIST_MAX, &in, fault);
	if (err == 0)
		err = deb822_open(in, fields, FIELDS, &d);
	if (err < 0)
		return err;
	deb822_filter(d, is_nobody, NULL);
	while ((err = deb822_next(d, v, fault)) > 0)
		;
	return err;
}
