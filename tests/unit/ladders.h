/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ladder of one or two remedies, and what happens on it. */
#pragma once

#include "agent/ladder.h"
#include "tests/unit/test.h"

#define NOW 1000000

static const struct requirement two = {
	.remedies = { REMEDY_ANTIVIRUS_START, REMEDY_ANTIVIRUS_ENABLE }, .n_remedies = 2
};
static const struct requirement far = {
	.remedies = { REMEDY_ANTIVIRUS_START, REMEDY_ANTIVIRUS_REINSTALL }, .n_remedies = 2
};
static const struct requirement one = { .remedies = { REMEDY_FIREWALL_ENABLE }, .n_remedies = 1 };

static struct ladder start(const struct requirement *req)
{
	struct ladder l = { 0 };

	ladder_fit(&l, req);
	return l;
}

/* One at which no probe is told apart. */
static inline unsigned look(struct ladder *l, const struct requirement *req, bool pass, int64_t now,
			    uint32_t dice)
{
	return ladder_look(l, req, pass, &(struct probes){ 0 }, now, dice);
}

/* One of so many probes, of which those with a bit in `fails` do. */
static inline unsigned look_at(struct ladder *l, const struct requirement *req, size_t n,
			       unsigned fails, int64_t now, uint32_t dice)
{
	struct probes seen = { .n = n };

	for (size_t i = 0; i < n; i++)
		seen.at[i] = (struct probe){ .id = (uint16_t)(i + 1),
					     .passes = !(fails >> i & 1),
					     .fails = fails >> i & 1 };
	return ladder_look(l, req, !fails, &seen, now, dice);
}

static void restart(struct ladder *l)
{
	char text[LADDER_TEXT];

	ladder_put(l, text);
	assert_int_equal(ladder_get(text, l), 0);
}
