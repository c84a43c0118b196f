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

struct remembered {
	struct remembered_row files[FILES_MAX];
	size_t n_files, next;
	struct {
		char provider[PROVIDER_NAME_MAX];
		long at;
	} proofs[PROVIDERS_MAX + 1];
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

long remembered_proof(const struct remembered *k, const char *provider)
{
	for (size_t i = 0; k && i <= PROVIDERS_MAX; i++)
		if (!strcmp(k->proofs[i].provider, provider))
			return k->proofs[i].at;
	return 0;
}

void remembered_set_proof(struct remembered *k, const char *provider, long at)
{
	for (size_t i = 0; k && i <= PROVIDERS_MAX; i++)
		if (!k->proofs[i].provider[0] || !strcmp(k->proofs[i].provider, provider)) {
			snprintf(k->proofs[i].provider, sizeof(k->proofs[i].provider), "%s",
				 provider);
			k->proofs[i].at = at;
			return;
		}
}
