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

/* Two versions with a space between them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *a = (const char *)data, *b = memchr(data, ' ', len);
	size_t a_len, b_len;

	if (!b)
		return 0;
	a_len = (size_t)(b++ - a);
	b_len = len - a_len - 1;
	if (version_compare(a, a_len, a, a_len))
		abort();
	if (sign(version_compare(a, a_len, b, b_len)) != -sign(version_compare(b, b_len, a, a_len)))
		abort();
	return 0;
}
