// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/posture/remembered.h"
#include "policy/provider.h"

#define FILES_MAX 1024 /* as many as all packages of a few providers have */

struct remembered_row {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime, ctime;
	bool good;
};

struct of_provider {
	char name[PROVIDER_NAME_MAX];
	long proof; /* when it last found the test file */
	int marks;
	long seen; /* when the marks were counted */
	struct updates updates;
};

struct remembered {
	struct remembered_row files[FILES_MAX];
	size_t n_files, next;
	struct of_provider providers[PROVIDERS_MAX + 1];
	struct health_word health[HEALTH_COUNT];
};

struct remembered *remembered_new(void)
{
	return calloc(1, sizeof(struct remembered));
}

struct remembered *remembered_free(struct remembered *k)
{
	free(k);
	return NULL;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

int remembered_file(const struct remembered *k, const struct stat *st)
{
	for (size_t i = 0; k && i < k->n_files; i++) {
		const struct remembered_row *f = &k->files[i];

		if (f->ino == st->st_ino && f->dev == st->st_dev && f->size == st->st_size &&
		    same_time(&f->mtime, &st->st_mtim) && same_time(&f->ctime, &st->st_ctim))
			return f->good;
	}
	return -ENOENT;
}

void remembered_set_file(struct remembered *k, const struct stat *st, bool good)
{
	if (!k)
		return;
	k->files[k->next] = (struct remembered_row){ .dev = st->st_dev,
						     .ino = st->st_ino,
						     .size = st->st_size,
						     .mtime = st->st_mtim,
						     .ctime = st->st_ctim,
						     .good = good };
	k->next = (k->next + 1) % FILES_MAX;
	if (k->n_files < FILES_MAX)
		k->n_files++;
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

long remembered_proof(const struct remembered *k, const char *provider)
{
	const struct of_provider *row = row_find(k, provider);

	return row ? row->proof : 0;
}

void remembered_set_proof(struct remembered *k, const char *provider, long at)
{
	struct of_provider *row = row_make(k, provider);

	if (row)
		row->proof = at;
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

void remembered_forget_health(struct remembered *k)
{
	for (size_t i = 0; i < HEALTH_COUNT; i++)
		k->health[i].at = 0;
}
