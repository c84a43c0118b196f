// SPDX-License-Identifier: GPL-2.0-or-later
/* Whatever is read has one canonical form, and each of its members a place. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/canon.h"
#include "policy/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_places(const char *text, size_t len, const json_t *object)
{
	const char *name;
	json_t *value;
	unsigned line, col;

	json_object_foreach((json_t *)object, name, value) {
		json_find_place(text, len, name, &line, &col);
	}
	if (json_find_place(text, len, "", &line, &col) < 0)
		abort();
	json_find_place(text, len, "a[1].b", &line, &col);
}

/* Canonical JSON is JSON again as long as no control byte was escaped in it. */
static void check_canon(const json_t *value)
{
	_drop_(drop_json) json_t *again = NULL;
	_free_ char *one = NULL, *two = NULL;
	size_t one_len, two_len;

	if (canon_write(value, &one, &one_len, NULL) < 0 ||
	    json_read(one, one_len, &again, NULL) < 0)
		return;
	if (canon_write(again, &two, &two_len, NULL) < 0 || one_len != two_len ||
	    memcmp(one, two, one_len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_drop_(drop_json) json_t *value = NULL;

	if (json_read((const char *)data, size, &value, NULL) < 0)
		return 0;
	check_places((const char *)data, size, value);
	check_canon(value);
	return 0;
}
