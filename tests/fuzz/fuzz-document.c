// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <stdlib.h>

#include "policy/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What no document may lead to: a range that opens everything, an overlap, a silent refusal. */
static void check_peers(const struct peer *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!p[i].port || p[i].prefix < 8)
			abort();
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
	if (!p->n_requirements || (p->mode == MODE_ENFORCE && !p->allow.n_out))
		abort();
	check_peers(p->allow.out, p->allow.n_out);
	check_peers(p->allow.in, p->allow.n_in);
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
	allow_free(&a);
	return 0;
}
