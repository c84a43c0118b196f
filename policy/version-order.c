// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "policy/version-part.h"
#include "policy/version.h"

int version_cmp(enum version_order order, const char *a, size_t a_len, const char *b, size_t b_len)
{
	static int (*const rows[VERSION_ORDERS])(const char *, size_t, const char *, size_t) = {
		[VERSION_DPKG] = version_compare,
		[VERSION_RPM] = version_compare_rpm,
		[VERSION_APK] = version_compare_apk,
	};

	return rows[order](a, a_len, b, b_len);
}

int version_compare_words(struct version_part a, struct version_part b)
{
	size_t m = (size_t)(a.end - a.p), n = (size_t)(b.end - b.p);
	int r = memcmp(a.p, b.p, m < n ? m : n);

	return r ? r : (m > n) - (m < n);
}

int version_compare_numbers(struct version_part a, struct version_part b)
{
	while (a.p < a.end && *a.p == '0')
		a.p++;
	while (b.p < b.end && *b.p == '0')
		b.p++;
	if (a.end - a.p != b.end - b.p)
		return a.end - a.p < b.end - b.p ? -1 : 1;
	return memcmp(a.p, b.p, (size_t)(a.end - a.p));
}
