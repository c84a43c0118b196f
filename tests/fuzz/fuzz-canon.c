// SPDX-License-Identifier: GPL-2.0-or-later
/* One canonical form whatever the blanks and the order: written anew by jansson, it is the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/canon.h"
#include "policy/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_drop_(drop_json) json_t *value = NULL, *again = NULL;
	_free_ char *one = NULL, *two = NULL, *text = NULL;
	size_t one_len, two_len;

	if (json_read((const char *)data, size, &value, NULL) < 0 ||
	    canon_write(value, &one, &one_len, NULL) < 0)
		return 0;
	text = json_dumps(value, JSON_INDENT(3) | JSON_SORT_KEYS | JSON_ENSURE_ASCII |
					 JSON_ENCODE_ANY | JSON_ESCAPE_SLASH);
	/* What grew by its blanks may be too long to be read. */
	if (!text || json_read(text, strlen(text), &again, NULL) < 0)
		return 0;
	if (canon_write(again, &two, &two_len, NULL) < 0 || one_len != two_len ||
	    memcmp(one, two, one_len))
		abort();
	return 0;
}
