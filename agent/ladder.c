// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/ladder.h"

#define ROUNDS_COUNTED 32 /* every pause is at its longest by then */
#define TRIED_COUNTED  1000

static int64_t doubled(int64_t least, unsigned times, int64_t most)
{
	while (times-- && least < most)
		least *= 2;
	return least < most ? least : most;
}

/* Up to a quarter longer, so that hosts which failed together do not try together. */
static int64_t jitter(int64_t pause, uint32_t dice)
{
	return pause + dice % (uint32_t)(pause / 4 + 1);
}

void ladder_fit(struct ladder *l, const struct requirement *req)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < req->n_remedies; i++)
		for (const char *c = remedy_menu[req->remedies[i]].name;; c++) {
			hash = (hash ^ (unsigned char)*c) * 16777619u;
			if (!*c)
				break;
		}
	if (l->of != hash)
		*l = (struct ladder){ .of = hash };
}

static bool rests(const struct ladder *l, size_t rung, int64_t now)
{
	int64_t until = l->breakers[rung].until;

	/* A clock that was set back must not stop repairs. */
	return now < until && until - now <= BREAKER_PAUSE_MAX * 5 / 4;
}

/* The first rung from this one on that does not rest; n_remedies: none. */
static size_t awake(const struct ladder *l, const struct requirement *req, size_t rung, int64_t now)
{
	while (rung < req->n_remedies && rests(l, rung, now))
		rung++;
	return rung;
}

static int64_t round_pause(const struct ladder *l, uint32_t dice)
{
	unsigned before = l->rounds ? l->rounds - 1 : 0;

	return jitter(doubled(LADDER_PAUSE_MIN, before, LADDER_PAUSE_MAX), dice);
}

/* From the bottom again when nothing is left above.  Is it so? */
static bool turn(struct ladder *l, const struct requirement *req, int64_t now)
{
	if (!l->rung || awake(l, req, l->rung, now) < req->n_remedies)
		return false;
	l->rung = 0;
	l->rounds += l->rounds < ROUNDS_COUNTED;
	return true;
}

static unsigned prove(struct ladder *l, const struct requirement *req, bool helped, int64_t now,
		      uint32_t dice)
{
	size_t rung = (size_t)l->proven;
	struct breaker *b;
	unsigned times;

	if (!rung)
		return 0;
	l->proven = 0;
	if (helped || rung > req->n_remedies)
		return LADDER_MOVED;
	b = &l->breakers[rung - 1];
	b->vain += b->vain < ROUNDS_COUNTED;
	if (b->vain < BREAKER_VAIN)
		return LADDER_MOVED;
	times = b->vain - BREAKER_VAIN;
	b->until = now + jitter(doubled(BREAKER_PAUSE_MIN, times, BREAKER_PAUSE_MAX), dice);
	return LADDER_MOVED | LADDER_BROKE;
}

unsigned ladder_tug(const struct ladder *l, int64_t now)
{
	unsigned n = 0;

	for (size_t i = 0; i < TUG_KEPT; i++)
		n += l->back[i] && l->back[i] <= now && now - l->back[i] < TUG_SPAN;
	return n > TUG_FREE ? n : 0;
}

int64_t ladder_tug_until(const struct ladder *l, int64_t now)
{
	return ladder_tug(l, now) ? l->back[TUG_FREE] + TUG_SPAN : 0;
}

/*
 * Something failed again; within an hour of repairs, that counts.  The pause is since the repair:
 * who goes on switching it off and on puts off none.
 */
static unsigned count_back(struct ladder *l, int64_t now, uint32_t dice)
{
	unsigned n;

	if (!l->repaired || now < l->repaired || now - l->repaired >= TUG_SPAN)
		return LADDER_MOVED;
	memmove(l->back + 1, l->back, sizeof(l->back) - sizeof(*l->back));
	l->back[0] = now;
	n = ladder_tug(l, now);
	if (!n)
		return LADDER_MOVED;
	l->not_before = l->repaired + jitter(doubled(1, 2 * (n - TUG_FREE), TUG_PAUSE_MAX), dice);
	return LADDER_MOVED | LADDER_TUGGED;
}

/* It fails, and the look before did not. */
static unsigned fall(struct ladder *l, int64_t now, uint32_t dice)
{
	l->failing = true;
	return count_back(l, now, dice);
}

/*
 * What other faults have earned does not hold up a new one; but in a tug-of-war their pauses go on
 * from where they were, or they would be at their shortest all the time.
 */
static unsigned begin_anew(struct ladder *l, int64_t now, uint32_t dice)
{
	unsigned news;

	l->rung = l->tried = 0;
	l->not_before = 0;
	memset(l->breakers, 0, sizeof(l->breakers));
	news = count_back(l, now, dice);
	if (!(news & LADDER_TUGGED))
		l->rounds = 0;
	return news | LADDER_BEGAN;
}

/* It passes, and the look before did not. */
static unsigned rise(struct ladder *l, int64_t now)
{
	if (l->tried)
		l->repaired = now;
	l->rung = l->rounds = l->tried = 0;
	l->failing = l->starved = false;
	l->not_before = 0;
	memset(l->breakers, 0, sizeof(l->breakers));
	l->lasting = (struct lasting){ 0 };
	return LADDER_MOVED;
}

unsigned ladder_look(struct ladder *l, const struct requirement *req, bool pass,
		     const struct probes *seen, int64_t now, uint32_t dice)
{
	const bool lasts = l->lasting.n;
	unsigned faults = lasting_look(&l->lasting, seen, now);
	unsigned news = prove(l, req, pass || faults & LASTING_ENDED, now, dice);

	if (!req->n_remedies)
		return lasts && faults & LASTING_BEGAN ? LADDER_BEGAN : 0;
	if (pass)
		return l->failing ? news | rise(l, now) : news;
	if (!l->failing)
		return news | fall(l, now, dice);
	news |= faults ? LADDER_MOVED : 0;
	if (faults & LASTING_ENDED && l->tried)
		l->repaired = now;
	if (faults & LASTING_BEGAN)
		return news | begin_anew(l, now, dice);
	if (!turn(l, req, now))
		return news;
	l->not_before = now + round_pause(l, dice);
	return news | LADDER_MOVED;
}

int ladder_next(const struct ladder *l, const struct requirement *req, int64_t now,
		enum remedy *ret)
{
	size_t rung = awake(l, req, l->rung, now);

	if (!l->failing || rung >= req->n_remedies)
		return 0;
	if (now < l->not_before && l->not_before - now <= LADDER_PAUSE_MAX * 5 / 4)
		return 0;
	*ret = req->remedies[rung];
	return 1;
}

int64_t ladder_due(const struct ladder *l, const struct requirement *req)
{
	int64_t due = INT64_MAX;

	for (size_t i = l->rung; l->failing && i < req->n_remedies; i++)
		if (l->breakers[i].until < due)
			due = l->breakers[i].until;
	return due < l->not_before ? l->not_before : due;
}

static size_t rung_of(const struct requirement *req, enum remedy remedy)
{
	size_t i = 0;

	while (i < req->n_remedies && req->remedies[i] != remedy)
		i++;
	return i;
}

void ladder_begin(struct ladder *l, const struct requirement *req, enum remedy remedy, int64_t now,
		  uint32_t dice)
{
	int64_t pause = LADDER_CRASH_WAIT;

	l->at_work = true;
	l->lasting.disturbed = true;
	l->rung = (unsigned)rung_of(req, remedy) + 1;
	l->tried += l->tried < TRIED_COUNTED;
	if (turn(l, req, now) && round_pause(l, dice) > pause)
		pause = round_pause(l, dice);
	l->not_before = now + pause;
}

void ladder_end(struct ladder *l, const struct requirement *req, enum remedy remedy, int err,
		int64_t now, uint32_t dice)
{
	size_t rung = rung_of(req, remedy);

	l->at_work = false;
	l->lasting.disturbed = true;
	l->starved |= err < 0 && remedy_menu[remedy].fetches;
	l->not_before = l->rung ? 0 : now + round_pause(l, dice);
	if (rung == req->n_remedies)
		return;
	if (err == 0)
		l->proven = (int)rung + 1;
	else
		l->breakers[rung].vain = 0;
}

bool ladder_hurry(struct ladder *l, int64_t at)
{
	if (!l->failing || !l->starved || l->at_work || ladder_tug(l, at) || l->not_before <= at)
		return false;
	l->starved = false;
	l->not_before = at;
	return true;
}

void ladder_leap(struct ladder *l, struct leap leap)
{
	leap_along(&l->not_before, leap);
	leap_along(&l->repaired, leap);
	lasting_leap(&l->lasting, leap);
	for (size_t i = 0; i < TUG_KEPT; i++)
		leap_along(&l->back[i], leap);
	for (size_t i = 0; i < REQUIREMENT_REMEDIES; i++)
		leap_along(&l->breakers[i].until, leap);
}

/* Of a remedy during which lazaretd itself ended nobody knows why it did not help. */
static const char *word_of(const struct ladder *l)
{
	if (!l->failing)
		return "met";
	return l->starved && !l->at_work ? "starved" : "failing";
}

/* What failed again as seconds before the newest; of the breakers, those that count something. */
void ladder_put(const struct ladder *l, char text[LADDER_TEXT])
{
	int n = snprintf(text, LADDER_TEXT,
			 "%08" PRIx32 " %s %u %u %u %d %" PRId64 " %" PRId64 " back %" PRId64,
			 l->of, word_of(l), l->rung, l->rounds, l->tried, l->proven, l->not_before,
			 l->repaired, l->back[0]);

	for (size_t i = 1; i < TUG_KEPT && n < LADDER_TEXT; i++)
		if (l->back[i] && l->back[0] - l->back[i] < TUG_SPAN)
			n += snprintf(text + n, (size_t)(LADDER_TEXT - n), " %" PRId64,
				      l->back[0] - l->back[i]);
	for (size_t i = 0; i < REQUIREMENT_REMEDIES && n < LADDER_TEXT; i++)
		if (l->breakers[i].vain)
			n += snprintf(text + n, (size_t)(LADDER_TEXT - n), " b%zu %u %" PRId64, i,
				      l->breakers[i].vain, l->breakers[i].until);
	if (n < LADDER_TEXT)
		lasting_put(&l->lasting, text + n, (size_t)(LADDER_TEXT - n));
}

static const char *get_back(const char *at, struct ladder *l)
{
	int64_t ago;
	int used = 0;

	for (size_t i = 1; i < TUG_KEPT && sscanf(at, " %" SCNd64 "%n", &ago, &used) == 1; i++) {
		if (ago < 0 || ago >= TUG_SPAN)
			break;
		l->back[i] = l->back[0] - ago;
		at += used;
	}
	return at;
}

int ladder_get(const char *text, struct ladder *ret)
{
	struct ladder l = { 0 };
	char word[8];
	int used = 0;
	size_t i;
	struct breaker b;

	if (sscanf(text, "%8" SCNx32 " %7s %u %u %u %d %" SCNd64 " %" SCNd64 " back %" SCNd64 "%n",
		   &l.of, word, &l.rung, &l.rounds, &l.tried, &l.proven, &l.not_before, &l.repaired,
		   &l.back[0], &used) != 9)
		return -EINVAL;
	if (l.rung > REQUIREMENT_REMEDIES || l.proven < 0 || l.proven > REQUIREMENT_REMEDIES ||
	    l.rounds > ROUNDS_COUNTED || l.tried > TRIED_COUNTED)
		return -EINVAL;
	l.starved = !strcmp(word, "starved");
	l.failing = l.starved || !strcmp(word, "failing");
	text = get_back(text + used, &l);
	while (sscanf(text, " b%zu %u %" SCNd64 "%n", &i, &b.vain, &b.until, &used) == 3) {
		if (i >= REQUIREMENT_REMEDIES || b.vain > ROUNDS_COUNTED)
			return -EINVAL;
		l.breakers[i] = b;
		text += used;
	}
	if (*lasting_get(text, &l.lasting))
		return -EINVAL;
	*ret = l;
	return 0;
}
