// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What no document may lead to: a range that opens everything, an overlap, a silent refusal. */
static void check_peers(const struct peer *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!p[i].port || p[i].prefix < 8)
			abort();
}

static void check_places(const struct prefix *p, size_t n)
{
	if (n > NAMED_PLACES_MAX)
		abort();
	for (size_t i = 0; i < n; i++)
		if (p[i].prefix < 8 || p[i].prefix > family_bits(p[i].family))
			abort();
}

/* Names that a resolver may be asked: as they are compared, and those of the destinations, too. */
static void check_asked(const struct allow *a)
{
	if (a->n_named > ALLOW_NAMED_MAX || a->n_names > ALLOW_NAMES_MAX)
		abort();
	for (size_t i = 0; i < a->n_names; i++) {
		const char *text = a->names[i].text;

		if (!strchr(text, '.') ||
		    text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-._")])
			abort();
	}
	for (size_t i = 0; i < a->n_named; i++) {
		check_places(a->named[i].within, a->named[i].n_within);
		check_places(a->named[i].instead, a->named[i].n_instead);
	}
}

static void check_policy(const char *text, size_t len)
{
	struct fault f = { 0 };
	struct policy *p;

	if (policy_parse(text, len, &p, &f) < 0) {
		if (!f.why[0])
			abort();
		return;
	}
	if (!p->n_requirements || (p->mode == MODE_ENFORCE && !p->allow.n_out && !p->allow.n_named))
		abort();
	check_peers(p->allow.out, p->allow.n_out);
	check_peers(p->allow.in, p->allow.n_in);
	check_asked(&p->allow);
	policy_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fault f = { 0 };
	struct allow a;

	check_policy((const char *)data, len);
	if (policy_parse_allow((const char *)data, len, &a, &f) < 0) {
		if (!f.why[0])
			abort();
		return 0;
	}
	check_peers(a.out, a.n_out);
	check_peers(a.in, a.n_in);
	check_asked(&a);
	allow_free(&a);
	return 0;
}
