// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/posture/settings.h"
#include "agent/posture/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A drop-in that its package may not make, nobody may; and mending a configuration ends it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char file[] = "/etc/clamav/clamd.conf";
	_free_ char *text = strndup((const char *)data, len),
		    *copy = strndup((const char *)data, len);
	_free_ char *mended = NULL, *again = NULL;
	char own[32] = "", other[32] = "";
	struct broken b;
	size_t n, m;

	if (!text || !copy)
		return 0;
	if (settings_mend(&provider_clamav, file, (const char *)data, len, &mended, &n) < 0 ||
	    settings_judge(&provider_clamav, file, SETTINGS_ALL, mended, n, &b) ||
	    settings_mend(&provider_clamav, file, mended, n, &again, &m) != 0)
		abort();
	if (drop_in_decides(text, strlen(text), true, own) &&
	    !drop_in_decides(copy, strlen(copy), false, other))
		abort();
	return 0;
}
