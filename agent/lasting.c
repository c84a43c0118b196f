// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>

#include "agent/lasting.h"

#define ID_TEXT 4

/* FNV-1a, folded. */
static uint16_t id_of(const char *probe)
{
	uint32_t hash = 2166136261u;

	for (const char *c = probe; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	return (uint16_t)(hash ^ hash >> 16);
}

static struct probe *probe_add(struct probes *p, uint16_t id)
{
	size_t i = 0;

	while (i < p->n && p->at[i].id != id)
		i++;
	if (i == p->n)
		p->at[p->n++] = (struct probe){ .id = id, .passes = true };
	return &p->at[i];
}

void probes_of(const struct finding *f, struct probes *ret)
{
	ret->n = 0;
	for (size_t i = 0; i < f->n_evidence; i++) {
		const struct evidence *e = &f->evidence[i];
		struct probe *p = probe_add(ret, id_of(e->probe));

		p->passes &= e->grade == GRADE_PASS;
		p->fails |= e->grade == GRADE_FAIL && e->demanded;
	}
}

static const struct probe *probe_find(const struct probes *p, uint16_t id)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->at[i].id == id)
			return &p->at[i];
	return NULL;
}

static struct lasting_fault *fault_find(struct lasting *l, uint16_t id)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->at[i].probe == id)
			return &l->at[i];
	return NULL;
}

static unsigned end(struct lasting *l, const struct probes *seen)
{
	unsigned news = 0;

	for (size_t i = l->n; i-- > 0;) {
		const struct probe *p = probe_find(seen, l->at[i].probe);

		if (!p || !p->passes)
			continue;
		news |= l->at[i].doubt ? LASTING_MOVED : LASTING_MOVED | LASTING_ENDED;
		l->at[i] = l->at[--l->n];
	}
	return news;
}

static unsigned add(struct lasting *l, uint16_t id, int64_t now)
{
	if (l->n == LASTING_KEPT)
		return 0;
	l->at[l->n++] = (struct lasting_fault){ id, l->disturbed ? now + LASTING_SETTLE : 0 };
	return l->disturbed ? LASTING_MOVED : LASTING_MOVED | LASTING_BEGAN;
}

/* What a remedy left behind has had its time by now. */
static unsigned settle(const struct lasting *l, struct lasting_fault *f, int64_t now)
{
	if (!f->doubt || l->disturbed || (now < f->doubt && f->doubt - now <= LASTING_SETTLE))
		return 0;
	f->doubt = 0;
	return LASTING_MOVED | LASTING_BEGAN;
}

unsigned lasting_look(struct lasting *l, const struct probes *seen, int64_t now)
{
	unsigned news = end(l, seen) | (l->disturbed ? LASTING_MOVED : 0);

	for (size_t i = 0; i < seen->n; i++) {
		const struct probe *p = &seen->at[i];
		struct lasting_fault *f = fault_find(l, p->id);

		if (p->fails)
			news |= f ? settle(l, f, now) : add(l, p->id, now);
	}
	l->disturbed = false;
	return news;
}

void lasting_leap(struct lasting *l, struct leap leap)
{
	for (size_t i = 0; i < l->n; i++)
		leap_along(&l->at[i].doubt, leap);
}

size_t lasting_put(const struct lasting *l, char *text, size_t room)
{
	size_t len = 0;

	*text = '\0';
	if ((!l->n && !l->disturbed) || room < sizeof(" f"))
		return 0;
	len += (size_t)snprintf(text, room, l->disturbed ? " F" : " f");
	for (size_t i = 0; i < l->n && room - len > ID_TEXT; i++)
		len += (size_t)snprintf(text + len, room - len, "%04" PRIx16, l->at[i].probe);
	return len;
}

const char *lasting_get(const char *text, struct lasting *ret)
{
	struct lasting l = { 0 };
	uint16_t id;
	int used = 0;

	if (text[0] != ' ' || (text[1] != 'f' && text[1] != 'F'))
		return text;
	l.disturbed = text[1] == 'F';
	text += 2;
	while (l.n < LASTING_KEPT && sscanf(text, "%4" SCNx16 "%n", &id, &used) == 1 &&
	       used == ID_TEXT) {
		l.at[l.n++].probe = id;
		text += used;
	}
	*ret = l;
	return text;
}
