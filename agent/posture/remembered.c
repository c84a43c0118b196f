// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/posture/remembered.h"

#define FILES_MAX 1024 /* as many as all packages of a few providers have */
#define LISTS_MAX 64   /* as many packages as they have */

#define HASH_SHORT 16 /* digits: by which hashes of one host are told apart */

/* Which file, and in which state. */
struct identity {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime, ctime;
};

struct of_file {
	struct identity identity;
	char hash[HASH_SHORT + 1];
	bool good;
};

struct of_list {
	struct identity database;
	char *name, *text;
};

struct of_unit {
	char name[PROVIDER_TEXT_MAX];
	struct process_seen process;
	struct misled misled;
};

struct of_provider {
	char name[PROVIDER_NAME_MAX];
	struct proof proof;
	int marks;
	long seen; /* when the marks were counted */
	struct updates updates;
	struct of_unit units[PROVIDER_ROWS];
};

struct remembered {
	struct of_file files[FILES_MAX];
	size_t n_files, next;
	struct of_list lists[LISTS_MAX];
	size_t next_list;
	struct of_provider providers[PROVIDERS_MAX + 1];
	struct health_word health[HEALTH_COUNT];
};

struct remembered *remembered_new(void)
{
	return calloc(1, sizeof(struct remembered));
}

static void forget_list(struct of_list *l)
{
	free(l->name);
	free(l->text);
	*l = (struct of_list){ 0 };
}

struct remembered *remembered_free(struct remembered *k)
{
	for (size_t i = 0; k && i < LISTS_MAX; i++)
		forget_list(&k->lists[i]);
	free(k);
	return NULL;
}

static struct identity identify(const struct stat *st)
{
	return (struct identity){ .dev = st->st_dev,
				  .ino = st->st_ino,
				  .size = st->st_size,
				  .mtime = st->st_mtim,
				  .ctime = st->st_ctim };
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_same(const struct identity *a, const struct stat *st)
{
	return a->ino == st->st_ino && a->dev == st->st_dev && a->size == st->st_size &&
	       same_time(&a->mtime, &st->st_mtim) && same_time(&a->ctime, &st->st_ctim);
}

int remembered_file(const struct remembered *k, const struct stat *st, const char *hash)
{
	for (size_t i = 0; k && i < k->n_files; i++)
		if (is_same(&k->files[i].identity, st) &&
		    !strncmp(k->files[i].hash, hash, HASH_SHORT))
			return k->files[i].good;
	return -ENOENT;
}

void remembered_set_file(struct remembered *k, const struct stat *st, const char *hash, bool good)
{
	struct of_file *f = k ? &k->files[k->next] : NULL;

	if (!f)
		return;
	*f = (struct of_file){ .identity = identify(st), .good = good };
	snprintf(f->hash, sizeof(f->hash), "%s", hash);
	k->next = (k->next + 1) % FILES_MAX;
	if (k->n_files < FILES_MAX)
		k->n_files++;
}

int remembered_list(const struct remembered *k, const char *name, const struct stat *database,
		    char **ret)
{
	for (size_t i = 0; k && i < LISTS_MAX; i++) {
		const struct of_list *l = &k->lists[i];
		char *copy;

		if (!l->name || strcmp(l->name, name) || !is_same(&l->database, database))
			continue;
		copy = l->text ? strdup(l->text) : NULL;
		if (!copy)
			return l->text ? -ENOMEM : -ENOENT;
		*ret = copy;
		return 0;
	}
	return -ENODATA;
}

/* The row of that name, or the one that was set longest ago. */
static struct of_list *list_for(struct remembered *k, const char *name)
{
	size_t at;

	for (size_t i = 0; i < LISTS_MAX; i++)
		if (k->lists[i].name && !strcmp(k->lists[i].name, name))
			return &k->lists[i];
	at = k->next_list;
	k->next_list = (at + 1) % LISTS_MAX;
	return &k->lists[at];
}

void remembered_set_list(struct remembered *k, const char *name, const struct stat *database,
			 const char *text)
{
	struct of_list l = { .database = identify(database),
			     .name = strdup(name),
			     .text = text ? strdup(text) : NULL };
	struct of_list *row = k ? list_for(k, name) : NULL;

	if (!row || !l.name || (text && !l.text)) {
		forget_list(&l);
		return;
	}
	forget_list(row);
	*row = l;
}

static const struct of_provider *row_find(const struct remembered *k, const char *provider)
{
	for (size_t i = 0; k && i <= PROVIDERS_MAX; i++)
		if (!strcmp(k->providers[i].name, provider))
			return &k->providers[i];
	return NULL;
}

/* Its row, or a free one; NULL when there is none, as after many policies with others. */
static struct of_provider *row_make(struct remembered *k, const char *provider)
{
	for (size_t i = 0; k && i <= PROVIDERS_MAX; i++) {
		struct of_provider *row = &k->providers[i];

		if (row->name[0] && strcmp(row->name, provider))
			continue;
		snprintf(row->name, sizeof(row->name), "%s", provider);
		return row;
	}
	return NULL;
}

struct proof remembered_proof(const struct remembered *k, const char *provider)
{
	const struct of_provider *row = row_find(k, provider);

	return row ? row->proof : (struct proof){ 0 };
}

void remembered_set_proof(struct remembered *k, const char *provider, const struct proof *p)
{
	struct of_provider *row = row_make(k, provider);

	if (row)
		row->proof = *p;
}

int remembered_marks(const struct remembered *k, const char *provider, long *at)
{
	const struct of_provider *row = row_find(k, provider);

	if (!row || !row->seen)
		return -1;
	*at = row->seen;
	return row->marks;
}

void remembered_set_marks(struct remembered *k, const char *provider, int n, long at)
{
	struct of_provider *row = row_make(k, provider);

	if (!row)
		return;
	row->marks = n;
	row->seen = at;
}

static const struct of_unit *unit_find(const struct remembered *k, const char *provider,
				       const char *unit)
{
	const struct of_provider *row = row_find(k, provider);

	for (size_t i = 0; row && i < PROVIDER_ROWS; i++)
		if (!strcmp(row->units[i].name, unit))
			return &row->units[i];
	return NULL;
}

/* As row_make(). */
static struct of_unit *unit_make(struct remembered *k, const char *provider, const char *unit)
{
	struct of_provider *row = row_make(k, provider);
	struct of_unit *u = row ? row->units : NULL;

	while (u && u < row->units + PROVIDER_ROWS && *u->name && strcmp(u->name, unit))
		u++;
	if (!u || u == row->units + PROVIDER_ROWS)
		return NULL;
	snprintf(u->name, sizeof(u->name), "%s", unit);
	return u;
}

bool remembered_process(const struct remembered *k, const char *provider, const char *unit,
			struct process_seen *ret)
{
	const struct of_unit *u = unit_find(k, provider, unit);

	if (!u || !u->process.at)
		return false;
	*ret = u->process;
	return true;
}

/* That one which sleeps now is at work then is no news. */
static char kind_of_state(char state)
{
	return strchr("Tt-", state) ? state : 'S';
}

bool remembered_set_process(struct remembered *k, const char *provider, const char *unit,
			    const struct process_seen *p)
{
	struct of_unit *u = unit_make(k, provider, unit);
	struct process_seen was;

	if (!u)
		return false;
	was = u->process;
	u->process = *p;
	return !was.at || was.pid != p->pid || kind_of_state(was.state) != kind_of_state(p->state);
}

bool remembered_misled(const struct remembered *k, const char *provider, const char *unit,
		       struct misled *ret)
{
	const struct of_unit *u = unit_find(k, provider, unit);

	if (!u || !*u->misled.by)
		return false;
	*ret = u->misled;
	return true;
}

void remembered_set_misled(struct remembered *k, const char *provider, const char *unit,
			   const struct misled *m)
{
	struct of_unit *u = unit_make(k, provider, unit);

	if (u)
		u->misled = *m;
}

void remembered_forget_misled(struct remembered *k)
{
	for (size_t i = 0; k && i <= PROVIDERS_MAX; i++)
		for (size_t j = 0; j < PROVIDER_ROWS; j++)
			k->providers[i].units[j].misled = (struct misled){ 0 };
}

struct updates remembered_updates(const struct remembered *k, const char *provider)
{
	const struct of_provider *row = row_find(k, provider);

	return row ? row->updates : (struct updates){ 0 };
}

bool remembered_set_updates(struct remembered *k, const char *provider, const struct updates *u)
{
	struct of_provider *row = row_make(k, provider);
	bool same;

	if (!row)
		return false;
	same = row->updates.succeeded == u->succeeded && row->updates.failed == u->failed &&
	       !strcmp(row->updates.why, u->why);
	row->updates = *u;
	return !same;
}

bool remembered_health(const struct remembered *k, enum health row, int64_t now, int64_t max_age,
		       struct health_word *ret)
{
	if (!k || now < k->health[row].at || now - k->health[row].at > max_age)
		return false;
	*ret = k->health[row];
	return true;
}

bool remembered_set_health(struct remembered *k, enum health row, const struct health_word *w)
{
	bool same = k->health[row].at && k->health[row].err == w->err;

	k->health[row] = *w;
	return !same;
}

void remembered_forget_words(struct remembered *k)
{
	for (size_t i = 0; i < HEALTH_COUNT; i++)
		k->health[i].at = 0;
	for (size_t i = 0; i <= PROVIDERS_MAX; i++)
		k->providers[i].proof = (struct proof){ 0 };
}
