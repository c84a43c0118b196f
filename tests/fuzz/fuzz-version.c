// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

struct text {
	const char *p;
	size_t len;
};

static int compare(enum version_order order, struct text a, struct text b)
{
	return sign(version_cmp(order, a.p, a.len, b.p, b.len));
}

static struct text cut(struct text *rest)
{
	const char *end = memchr(rest->p, ' ', rest->len);
	struct text t = { rest->p, end ? (size_t)(end - rest->p) : rest->len };

	rest->p += t.len + (end != NULL);
	rest->len -= t.len + (end != NULL);
	return t;
}

/* Three versions with a space between them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct text rest = { (const char *)data, len };
	struct text a = cut(&rest), b = cut(&rest), c = cut(&rest);

	for (enum version_order o = 0; o < VERSION_ORDERS; o++) {
		if (compare(o, a, a) || compare(o, a, b) != -compare(o, b, a))
			abort();
		if (compare(o, a, b) <= 0 && compare(o, b, c) <= 0 && compare(o, a, c) > 0)
			abort();
	}
	return 0;
}
