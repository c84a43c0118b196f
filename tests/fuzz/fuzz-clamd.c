// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/posture/clamd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Signatures have a number and a time, or neither. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	_free_ char *text = strndup((const char *)data, len);
	struct clamd_version v, head;

	if (database_head_parse((const char *)data, len, &head) == 0 &&
	    (len < DATABASE_HEAD || head.made < 0))
		abort();
	if (!text || clamd_version_parse(text, &v) < 0)
		return 0;
	if (!*v.engine || v.made < 0 || (!v.version && v.made))
		abort();
	return 0;
}
