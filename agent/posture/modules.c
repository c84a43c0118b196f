// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/array.h"
#include "agent/base/cleanup.h"
#include "agent/base/ini.h"
#include "agent/base/io.h"
#include "agent/posture/arena.h"
#include "agent/posture/modulemd.h"
#include "agent/posture/modules.h"
#include "agent/posture/parts.h"

#define STREAMS_MAX   4096
#define CHOICES_MAX   4096
#define ARTIFACTS_MAX 1000000

/* What was chosen for a module: by the administrator, or by default. */
struct choice {
	const char *module, *stream; /* stream "": none */
	bool by_hand;
};

struct stream {
	const char *module, *stream;
	bool active;
};

struct artifact {
	uint64_t nevra, name; /* hashes */
	uint32_t stream;
};

struct modules {
	struct arena texts;
	struct choice choices[CHOICES_MAX];
	size_t n_choices;
	struct stream streams[STREAMS_MAX];
	size_t n_streams;
	struct artifact *artifacts; /* of names that are installed; at last ordered by nevra */
	size_t n, room;
	uint64_t *names; /* that active streams have, in order */
	size_t n_names;
};

DEFINE_DROP(modules, modules_free)

struct modules *modules_free(struct modules *m)
{
	if (m) {
		arena_free(&m->texts);
		free(m->artifacts);
		free(m->names);
	}
	free(m);
	return NULL;
}

static int choose(struct modules *m, const char *module, const char *stream, bool by_hand)
{
	struct choice c = { .by_hand = by_hand };

	if (m->n_choices == CHOICES_MAX)
		return -E2BIG;
	c.module = arena_copy(&m->texts, module, strlen(module));
	c.stream = arena_copy(&m->texts, stream, strlen(stream));
	if (!c.module || !c.stream)
		return -ENOMEM;
	m->choices[m->n_choices++] = c;
	return 0;
}

static const struct choice *find_choice(const struct modules *m, const char *module, bool by_hand)
{
	for (size_t i = 0; i < m->n_choices; i++)
		if (m->choices[i].by_hand == by_hand && !strcmp(m->choices[i].module, module))
			return &m->choices[i];
	return NULL;
}

/* One file of MODULES_STATE, as dnf writes it. */
struct state {
	char module[128], stream[128];
	bool chosen;
};

static int set_state(void *ctx, const struct ini_line *l, struct fault *fault)
{
	struct state *s = ctx;

	(void)fault;
	snprintf(s->module, sizeof(s->module), "%s", l->section);
	if (!strcmp(l->key, "stream"))
		snprintf(s->stream, sizeof(s->stream), "%s", l->value);
	if (strcmp(l->key, "state"))
		return 0;
	if (!strcmp(l->value, "enabled") || !strcmp(l->value, "1"))
		s->chosen = true;
	if (!strcmp(l->value, "disabled"))
		s->chosen = true, s->stream[0] = '\0';
	return 0;
}

struct states {
	struct modules *modules;
	struct fault *fault;
};

static int read_state(void *ctx, int root, const char *path)
{
	struct states *all = ctx;
	_free_ char *text = NULL;
	struct state s = { 0 };
	struct fault why = { 0 };
	size_t len;
	int err = io_read(root, path, INI_FILE_MAX, &text, &len);

	if (err == 0)
		err = ini_parse(INI_SYSTEMD, text, len, set_state, &s, &why);
	if (err == 0 && s.chosen)
		err = choose(all->modules, s.module, s.stream, true);
	if (err == 0 || parts_lack(err))
		return 0;
	return fault_set(all->fault, err, "/%s: %s", path, *why.why ? why.why : strerror(-err));
}

static int is_state(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return dot && !strcmp(dot, ".module");
}

int modules_new(int root, struct modules **ret, struct fault *fault)
{
	_drop_(drop_modules) struct modules *m = calloc(1, sizeof(*m));
	struct states all = { m, fault };
	int r = m ? parts_read(root, MODULES_STATE, is_state, read_state, &all, fault) : -ENOMEM;

	if (r != -ENOMEM)
		*ret = take(m);
	return r;
}

/* One file of a repository, while it is read. */
struct reading {
	struct modules *m;
	const struct inventory *inv;
	uint32_t stream; /* that packages are of */
	struct fault *fault;
};

/* FNV-1a of 64 bits. */
static uint64_t hash(uint64_t h, struct word w)
{
	if (!h)
		h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < w.len; i++)
		h = (h ^ (unsigned char)w.p[i]) * 0x100000001b3u;
	return (h ^ 0xff) * 0x100000001b3u;
}

/* An epoch of 0 is written or not. */
static uint64_t hash_nevra(struct word name, struct word evr, struct word arch)
{
	if (evr.len > 2 && !memcmp(evr.p, "0:", 2))
		evr = (struct word){ evr.p + 2, evr.len - 2 };
	return hash(hash(hash(0, name), evr), arch);
}

static int keep_artifact(struct reading *p, const struct artifact *a)
{
	struct modules *m = p->m;
	struct artifact *rows;

	if (m->n == ARTIFACTS_MAX)
		return fault_set(p->fault, -E2BIG, "has more packages than can be kept");
	rows = array_grow(m->artifacts, m->n, &m->room, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	m->artifacts = rows;
	m->artifacts[m->n++] = *a;
	return 0;
}

static int on_package(void *ctx, const struct nevra *n)
{
	struct reading *r = ctx;
	const struct artifact a = { hash_nevra(n->name, n->evr, n->arch), hash(0, n->name),
				    r->stream };
	size_t at = 0;

	return inventory_find(r->inv, n->name, &at) == INVENTORY_END ? 0 : keep_artifact(r, &a);
}

static size_t find_stream(const struct modules *m, const char *module, const char *stream)
{
	size_t i = 0;

	while (i < m->n_streams &&
	       (strcmp(m->streams[i].module, module) || strcmp(m->streams[i].stream, stream)))
		i++;
	return i;
}

static int on_stream(void *ctx, const char *module, const char *stream)
{
	struct reading *r = ctx;
	struct modules *m = r->m;
	struct stream s = { 0 };

	r->stream = (uint32_t)find_stream(m, module, stream);
	if (r->stream < m->n_streams)
		return 0;
	if (m->n_streams == STREAMS_MAX)
		return fault_set(r->fault, -E2BIG, "has more streams than can be kept");
	s.module = arena_copy(&m->texts, module, strlen(module));
	s.stream = arena_copy(&m->texts, stream, strlen(stream));
	if (!s.module || !s.stream)
		return -ENOMEM;
	m->streams[m->n_streams++] = s;
	return 0;
}

static int on_preset(void *ctx, const char *module, const char *stream)
{
	struct reading *r = ctx;

	return choose(r->m, module, stream, false);
}

int modules_read(struct modules *m, const struct inventory *inv, struct unpack *in,
		 struct fault *fault)
{
	static const struct modulemd_calls calls = { on_stream, on_package, on_preset };
	struct reading r = { .m = m, .inv = inv, .fault = fault };

	return modulemd_read(in, &calls, &r, fault);
}

/* The administrator's word counts before the default. */
static bool is_chosen(const struct modules *m, const char *module, const char *stream)
{
	const struct choice *c = find_choice(m, module, true);

	if (!c)
		c = find_choice(m, module, false);
	return c && *c->stream && !strcmp(c->stream, stream);
}

static int by_nevra(const void *a, const void *b)
{
	const struct artifact *p = a, *q = b;

	return (p->nevra > q->nevra) - (p->nevra < q->nevra);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *p = a, *q = b;

	return (*p > *q) - (*p < *q);
}

int modules_settle(struct modules *m)
{
	for (size_t i = 0; i < m->n_streams; i++)
		m->streams[i].active = is_chosen(m, m->streams[i].module, m->streams[i].stream);
	free(m->names);
	m->n_names = 0;
	m->names = calloc(m->n + 1, sizeof(*m->names));
	if (!m->names)
		return -ENOMEM;
	for (size_t i = 0; i < m->n; i++)
		if (m->streams[m->artifacts[i].stream].active)
			m->names[m->n_names++] = m->artifacts[i].name;
	qsort(m->names, m->n_names, sizeof(*m->names), by_value);
	if (m->n)
		qsort(m->artifacts, m->n, sizeof(*m->artifacts), by_nevra);
	return 0;
}

bool modules_is_active(const struct modules *m, struct word module, struct word stream)
{
	for (size_t i = 0; i < m->n_streams; i++) {
		const struct stream *s = &m->streams[i];

		if (word_is(module, s->module, strlen(s->module)) &&
		    word_is(stream, s->stream, strlen(s->stream)))
			return s->active;
	}
	return false;
}

/* The first stream's that has it, or NULL; *active: has one that is active it? */
static const struct artifact *find_artifact(const struct modules *m, struct word name,
					    struct word evr, struct word arch, bool *active)
{
	const struct artifact key = { .nevra = hash_nevra(name, evr, arch) };
	const struct artifact *a = m->n ? bsearch(&key, m->artifacts, m->n, sizeof(key), by_nevra)
					: NULL;

	*active = false;
	while (a && a > m->artifacts && a[-1].nevra == key.nevra)
		a--;
	for (const struct artifact *i = a; a && i < m->artifacts + m->n && i->nevra == key.nevra;
	     i++)
		*active |= m->streams[i->stream].active;
	return a;
}

bool modules_is_others(const struct modules *m, struct word name, struct word evr, struct word arch)
{
	bool active;

	return find_artifact(m, name, evr, arch, &active) && !active;
}

bool modules_hide(const struct modules *m, struct word name, struct word evr, struct word arch)
{
	uint64_t key = hash(0, name);
	bool active;

	if (find_artifact(m, name, evr, arch, &active))
		return !active;
	return bsearch(&key, m->names, m->n_names, sizeof(key), by_value);
}
