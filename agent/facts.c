// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/array.h"
#include "agent/facts.h"

void facts_begin(struct facts *f)
{
	for (size_t i = 0; i < f->n; i++)
		f->list[i].seen = false;
}

static struct fact *find(const struct facts *f, unsigned kind, const char *link)
{
	for (size_t i = 0; i < f->n; i++) {
		if (f->list[i].kind == kind && !strcmp(f->list[i].link, link))
			return &f->list[i];
	}
	return NULL;
}

static struct fact *add(struct facts *f, unsigned kind, const char *link, int64_t now)
{
	struct fact *p = array_grow(f->list, f->n, &f->room, sizeof(*p));

	if (!p)
		return NULL;
	f->list = p;
	f->list[f->n] = (struct fact){ .kind = kind, .since = now };
	snprintf(f->list[f->n].link, sizeof(f->list[f->n].link), "%s", link);
	return &f->list[f->n++];
}

int facts_see(struct facts *f, unsigned kind, const char *link, const char *what, int64_t now)
{
	struct fact *fact = find(f, kind, link);
	bool new = !fact;

	if (new && f->n == FACTS_MAX)
		return -ENOSPC;
	if (new)
		fact = add(f, kind, link, now);
	if (!fact)
		return -ENOMEM;
	snprintf(fact->what, sizeof(fact->what), "%s", what);
	fact->seen = true;
	return new;
}

void facts_end(struct facts *f, void (*over)(const struct fact *fact))
{
	size_t kept = 0;

	for (size_t i = 0; i < f->n; i++) {
		if (f->list[i].seen)
			f->list[kept++] = f->list[i];
		else
			over(&f->list[i]);
	}
	f->n = kept;
}

void facts_free(struct facts *f)
{
	free(f->list);
	*f = (struct facts){ 0 };
}
