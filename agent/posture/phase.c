// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * apt seeds std::minstd_rand with a std::seed_seq of "SOURCE-VERSION-MACHINEID" and draws a
 * std::uniform_int_distribution(0, 100); here as the C++ standard defines the first two
 * ([rand.util.seedseq], [rand.eng.lcong]) and GNU's library the third.
 */
#include <stdint.h>

#include "agent/base/count.h"
#include "agent/posture/phase.h"

#define WORDS	   4 /* that minstd_rand draws from its seed */
#define MODULUS	   2147483647u
#define MULTIPLIER 48271u
#define SIDES	   101u

struct seed {
	struct word parts[5];
	size_t len;
};

static uint32_t seed_at(const struct seed *s, size_t i)
{
	const struct word *w = s->parts;

	for (; i >= w->len; w++)
		i -= w->len;
	return (uint32_t)(signed char)w->p[i];
}

static uint32_t mix(uint32_t x)
{
	return x ^ x >> 27;
}

/* With n = 4 the standard's t is 1, p is 1 and q is 2. */
static void generate(const struct seed *s, uint32_t b[WORDS])
{
	size_t m = s->len + 1 > WORDS ? s->len + 1 : WORDS, k;

	for (k = 0; k < WORDS; k++)
		b[k] = 0x8b8b8b8b;
	for (k = 0; k < m; k++) {
		uint32_t *at = &b[k % WORDS], *p = &b[(k + 1) % WORDS], *q = &b[(k + 2) % WORDS];
		uint32_t r = 1664525 * mix(*at ^ *p ^ b[(k + WORDS - 1) % WORDS]);
		uint32_t r2 = r + (k == 0 ? (uint32_t)s->len : (uint32_t)(k % WORDS));

		if (k > 0 && k <= s->len)
			r2 += seed_at(s, k - 1);
		*p += r;
		*q += r2;
		*at = r2;
	}
	for (; k < m + WORDS; k++) {
		uint32_t *at = &b[k % WORDS], *p = &b[(k + 1) % WORDS], *q = &b[(k + 2) % WORDS];
		uint32_t r = 1566083941 * mix(*at + *p + b[(k + WORDS - 1) % WORDS]);
		uint32_t r2 = r - (uint32_t)(k % WORDS);

		*p ^= r;
		*q ^= r2;
		*at = r2;
	}
}

/* An even draw from 0 to 100: what lies above the last whole share is drawn again. */
static unsigned draw(uint32_t state)
{
	const uint32_t share = (MODULUS - 2) / SIDES;

	do
		state = (uint32_t)((uint64_t)state * MULTIPLIER % MODULUS);
	while (state - 1 >= SIDES * share);
	return (state - 1) / share;
}

bool phase_reached(unsigned percentage, struct word source, struct word source_version,
		   struct word machine_id)
{
	static const struct word dash = WORD("-");
	struct seed s = { .parts = { source, dash, source_version, dash, machine_id } };
	uint32_t b[WORDS], state;

	if (percentage >= 100 || !machine_id.len)
		return true;
	for (size_t i = 0; i < COUNT(s.parts); i++)
		s.len += s.parts[i].len;
	generate(&s, b);
	state = b[3] % MODULUS;
	return draw(state ? state : 1) <= percentage;
}
