// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/version.h"

const char *const version_order_names[VERSION_ORDERS] = {
	[VERSION_DPKG] = "dpkg",
	[VERSION_RPM] = "rpm",
	[VERSION_APK] = "apk",
};

int version_cmp(enum version_order order, const char *a, size_t a_len, const char *b, size_t b_len)
{
	static int (*const rows[VERSION_ORDERS])(const char *, size_t, const char *, size_t) = {
		[VERSION_DPKG] = version_compare,
		[VERSION_RPM] = version_compare_rpm,
		[VERSION_APK] = version_compare_apk,
	};

	return rows[order](a, a_len, b, b_len);
}
