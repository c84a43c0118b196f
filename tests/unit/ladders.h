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

static void restart(struct ladder *l)
{
	char text[LADDER_TEXT];

	ladder_put(l, text);
	assert_int_equal(ladder_get(text, l), 0);
}
