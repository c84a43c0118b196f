// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/posture/dpkg.h"
#include "policy/version.h"

#define CHUNK_BYTES (64 * 1024)
#define SLOTS_FIRST 4096

struct chunk {
	struct chunk *next;
	char text[CHUNK_BYTES];
};

struct packages {
	struct chunk *chunks; /* the texts, newest chunk first; they never move */
	size_t used;	      /* of the newest chunk */
	struct package *rows;
	size_t n, room;
	uint32_t *slots; /* row + 1 by the name's hash; 0 is free; at most half are taken */
	size_t n_slots;	 /* a power of two */
	size_t n_broken;
	struct word first_broken;
};

DEFINE_DROP(packages, dpkg_free)
DEFINE_DROP(deb822, deb822_close)

struct packages *dpkg_free(struct packages *p)
{
	while (p && p->chunks) {
		struct chunk *next = p->chunks->next;

		free(p->chunks);
		p->chunks = next;
	}
	if (p) {
		free(p->rows);
		free(p->slots);
	}
	free(p);
	return NULL;
}

static int keep(struct packages *p, struct word *w)
{
	char *to;

	if (w->len > CHUNK_BYTES)
		return -EBADMSG;
	if (!p->chunks || CHUNK_BYTES - p->used < w->len) {
		struct chunk *c = malloc(sizeof(*c));

		if (!c)
			return -ENOMEM;
		c->next = p->chunks;
		p->chunks = c;
		p->used = 0;
	}
	to = memcpy(p->chunks->text + p->used, w->p, w->len);
	p->used += w->len;
	w->p = to;
	return 0;
}

/* FNV-1a: names are short, and those of an archive are not chosen against us. */
static uint32_t hash(struct word w)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < w.len; i++)
		h = (h ^ (unsigned char)w.p[i]) * 16777619u;
	return h;
}

static void slot_fill(struct packages *p, uint32_t row)
{
	size_t at = p->rows[row].hash & (p->n_slots - 1);

	while (p->slots[at])
		at = (at + 1) & (p->n_slots - 1);
	p->slots[at] = row + 1;
}

static int grow(struct packages *p)
{
	size_t room = p->room ? 2 * p->room : SLOTS_FIRST / 2;
	struct package *rows = reallocarray(p->rows, room, sizeof(*rows));
	uint32_t *slots;

	if (!rows)
		return -ENOMEM;
	p->rows = rows;
	slots = calloc(2 * room, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(p->slots);
	p->slots = slots;
	p->n_slots = 2 * room;
	p->room = room;
	for (size_t i = 0; i < p->n; i++)
		slot_fill(p, (uint32_t)i);
	return 0;
}

static int add(struct packages *p, const struct package *package)
{
	struct package *row;
	int r;

	if (p->n == DPKG_PACKAGES_MAX)
		return -E2BIG;
	r = p->n == p->room ? grow(p) : 0;
	if (r < 0)
		return r;
	row = &p->rows[p->n];
	*row = *package;
	r = keep(p, &row->name);
	if (r == 0)
		r = keep(p, &row->arch);
	if (r == 0)
		r = keep(p, &row->version);
	if (r < 0)
		return r;
	row->hash = hash(row->name);
	slot_fill(p, (uint32_t)p->n++);
	return 0;
}

/* "WANT FLAG STATE" */
static bool cut_status(struct word status, struct word parts[3])
{
	for (size_t i = 0; i < 3; i++) {
		const char *end = memchr(status.p, ' ', status.len);
		size_t len = end && i < 2 ? (size_t)(end - status.p) : status.len;

		parts[i] = (struct word){ status.p, len };
		if (!len || (i < 2 && !end))
			return false;
		status.p += len + (i < 2);
		status.len -= len + (i < 2);
	}
	return true;
}

enum presence { ABSENT, WHOLE, HALF };

static const struct {
	struct word name;
	enum presence presence;
} states[] = {
	{ WORD("installed"), WHOLE },	     { WORD("not-installed"), ABSENT },
	{ WORD("config-files"), ABSENT },    { WORD("unpacked"), HALF },
	{ WORD("half-installed"), HALF },    { WORD("half-configured"), HALF },
	{ WORD("triggers-awaited"), WHOLE }, { WORD("triggers-pending"), WHOLE },
};

static int find_presence(struct word state, struct word flag)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (word_is(states[i].name, state.p, state.len))
			return word_is(flag, "reinstreq", 9) ? HALF : (int)states[i].presence;
	return -EBADMSG;
}

enum { PACKAGE, STATUS, VERSION, ARCHITECTURE, FIELDS };
static const struct word fields[FIELDS] = {
	[PACKAGE] = WORD("Package"),
	[STATUS] = WORD("Status"),
	[VERSION] = WORD("Version"),
	[ARCHITECTURE] = WORD("Architecture"),
};

static int add_stanza(struct packages *p, const struct word *v, struct fault *fault)
{
	struct package package;
	struct word status[3];
	int presence, r;

	if (!v[PACKAGE].len || !v[STATUS].p || !cut_status(v[STATUS], status))
		return fault_set(fault, -EBADMSG, "a stanza without Package or whole Status");
	presence = find_presence(status[2], status[1]);
	if (presence < 0)
		return fault_set(fault, presence, "%.*s has the unknown state \"%.*s\"",
				 (int)v[PACKAGE].len, v[PACKAGE].p, (int)status[2].len,
				 status[2].p);
	if (presence == ABSENT)
		return 0;
	if (presence == WHOLE && (!v[VERSION].len || !v[ARCHITECTURE].len))
		return fault_set(fault, -EBADMSG, "%.*s has no Version or no Architecture",
				 (int)v[PACKAGE].len, v[PACKAGE].p);
	package = (struct package){
		.name = v[PACKAGE],
		.arch = v[ARCHITECTURE].p ? v[ARCHITECTURE] : (struct word)WORD(""),
		.version = v[VERSION].p ? v[VERSION] : (struct word)WORD(""),
		.held = word_is(status[0], "hold", 4),
	};
	r = add(p, &package);
	if (r < 0)
		return fault_set(fault, r, "%s", strerror(-r));
	if (presence == HALF && !p->n_broken++)
		p->first_broken = p->rows[p->n - 1].name;
	return 0;
}

/* What a killed or running dpkg has not written back to the status file yet (numbered files). */
static int count_journal(int root, struct packages *p, struct fault *fault)
{
	_close_ int fd = openat(root, DPKG_UPDATES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *e;
	DIR *folder;

	if (fd < 0)
		return errno == ENOENT
			       ? 0
			       : fault_set(fault, -errno, "%s: %s", DPKG_UPDATES, strerror(errno));
	folder = fdopendir(fd);
	if (!folder)
		return -ENOMEM;
	take_fd(&fd);
	while ((e = readdir(folder)))
		if (e->d_name[0] >= '0' && e->d_name[0] <= '9' && !p->n_broken++)
			p->first_broken = (struct word)WORD("its journal");
	closedir(folder);
	return 0;
}

static int read_status(int root, struct packages *p, struct fault *fault)
{
	_close_ int fd = openat(root, DPKG_STATUS, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	_drop_(drop_deb822) struct deb822 *d = NULL;
	struct word values[FIELDS];
	int r;

	if (fd < 0)
		return fault_set(fault, -errno, "%s", strerror(errno));
	r = deb822_open(fd, fields, FIELDS, &d);
	while (r >= 0 && (r = deb822_next(d, values, fault)) > 0)
		r = add_stanza(p, values, fault);
	if (r < 0)
		return fault_set(fault, r, "%s", strerror(-r));
	if (!p->n)
		return fault_set(fault, -EBADMSG, "no package is installed");
	/* dpkg closes each stanza with a blank line. */
	return deb822_closed(d) ? 0 : fault_set(fault, -EBADMSG, "ends in the middle of a stanza");
}

int dpkg_read(int root, struct packages **ret, struct fault *fault)
{
	_drop_(drop_packages) struct packages *p = calloc(1, sizeof(*p));
	int r = p ? read_status(root, p, fault) : -ENOMEM;

	if (r < 0) {
		fault_prefix(fault, "/%s", DPKG_STATUS);
		return r;
	}
	r = count_journal(root, p, fault);
	if (r < 0)
		return r;
	*ret = take(p);
	return 0;
}

const struct package *dpkg_list(const struct packages *p, size_t *n)
{
	*n = p->n;
	return p->rows;
}

size_t dpkg_broken(const struct packages *p, struct word *first)
{
	*first = p->first_broken;
	return p->n_broken;
}

/* A package may turn from one architecture into "all" or back. */
static bool fits(struct word installed, struct word offered)
{
	return word_is(installed, offered.p, offered.len) || word_is(installed, "all", 3) ||
	       word_is(offered, "all", 3);
}

static bool newer(struct word a, struct word b)
{
	return version_compare(a.p, a.len, b.p, b.len) > 0;
}

int dpkg_offer(struct packages *p, struct word name, struct word arch, struct word version)
{
	uint32_t h = hash(name);
	int r;

	for (size_t at = h & (p->n_slots - 1); p->slots[at]; at = (at + 1) & (p->n_slots - 1)) {
		struct package *row = &p->rows[p->slots[at] - 1];

		if (row->hash != h || !word_is(row->name, name.p, name.len) ||
		    !fits(row->arch, arch) || !newer(version, row->version) ||
		    (row->offered.p && !newer(version, row->offered)))
			continue;
		row->offered = version;
		r = keep(p, &row->offered);
		if (r < 0)
			return r;
	}
	return 0;
}
