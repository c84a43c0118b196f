// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/mirrors.h"

#define SECOND_MS 1000ull

DEFINE_DROP(mirrors, mirrors_free)

int mirrors_new(const char *urls, uint64_t pause_max, struct mirrors **ret)
{
	_drop_(drop_mirrors) struct mirrors *m = calloc(1, sizeof(*m));
	_free_ char *copy = strdup(urls);
	char *rest = copy, *word;

	if (!m || !copy)
		return -ENOMEM;
	m->pause_max = pause_max;
	while ((word = strsep(&rest, " \t"))) {
		if (!*word)
			continue;
		if (m->n == MIRRORS_MAX)
			return -E2BIG;
		m->at[m->n] = (struct mirror){ .url = strdup(word), .memory = -1 };
		if (!m->at[m->n++].url)
			return -ENOMEM;
	}
	*ret = take(m);
	return 0;
}

struct mirrors *mirrors_free(struct mirrors *m)
{
	for (size_t i = 0; m && i < m->n; i++) {
		drop_fd(&m->at[i].memory);
		free(m->at[i].url);
	}
	free(m);
	return NULL;
}

void mirrors_begin(struct mirrors *m)
{
	for (size_t i = 0; i < m->n; i++)
		m->at[i].asked = false;
}

/* The moment from which on it may be asked; 0 when that has come, so that the order counts. */
static uint64_t opens(const struct mirror *one, uint64_t now)
{
	return one->not_before > now ? one->not_before : 0;
}

struct mirror *mirrors_next(struct mirrors *m, uint64_t now)
{
	struct mirror *best = NULL;

	for (size_t i = 0; i < m->n; i++)
		if (!m->at[i].asked && (!best || opens(&m->at[i], now) < opens(best, now)))
			best = &m->at[i];
	if (best)
		best->asked = true;
	return best;
}

void mirror_served(struct mirror *one)
{
	one->faults = 0;
	one->not_before = 0;
}

static uint64_t pause_after(const struct mirrors *m, unsigned faults)
{
	uint64_t pause = MIRRORS_PAUSE_MIN;

	for (; faults > 1 && pause < m->pause_max; faults--)
		pause *= 4;
	return pause < m->pause_max ? pause : m->pause_max;
}

void mirrors_failed(struct mirrors *m, struct mirror *one, uint64_t now, uint32_t retry_after,
		    uint32_t dice)
{
	uint64_t pause = pause_after(m, ++one->faults) * SECOND_MS;
	uint64_t asked = retry_after < MIRRORS_RETRY_AFTER_MAX ? retry_after
							       : MIRRORS_RETRY_AFTER_MAX;

	/* Earlier is fine for our own pause; a server that said when is never asked before. */
	pause -= dice % (pause / 4 + 1);
	asked *= SECOND_MS;
	asked += dice % (asked / 4 + 1);
	one->not_before = now + (asked > pause ? asked : pause);
}

uint64_t mirrors_wait(const struct mirrors *m, uint64_t now)
{
	uint64_t first = m->n ? UINT64_MAX : now + m->pause_max * SECOND_MS;

	for (size_t i = 0; i < m->n; i++)
		if (m->at[i].not_before < first)
			first = m->at[i].not_before;
	return first > now + SECOND_MS ? (first - now) / SECOND_MS : 1;
}
