// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "policy/like.h"
#include "policy/reader.h"

bool like_names(const struct like *l, const uint8_t fingerprint[LIKE_BYTES])
{
	for (size_t i = 0; i < l->n; i++)
		if (!memcmp(l->list[i], fingerprint, LIKE_BYTES))
			return true;
	return false;
}

bool like_parse(const char *text, uint8_t ret[LIKE_BYTES])
{
	if (strlen(text) != 2 * LIKE_BYTES || text[strspn(text, "0123456789abcdef")])
		return false;
	for (size_t i = 0; i < LIKE_BYTES; i++)
		sscanf(text + 2 * i, "%2hhx", &ret[i]);
	return true;
}

void like_text(const uint8_t fingerprint[LIKE_BYTES], char ret[LIKE_TEXT])
{
	for (size_t i = 0; i < LIKE_BYTES; i++)
		sprintf(ret + 2 * i, "%02x", fingerprint[i]);
}

static int read_one(struct reader *r, json_t *item, void *into)
{
	const char *text = json_string_value(item);
	struct like *l = into;
	uint8_t bytes[LIKE_BYTES];

	if (text && !strcmp(text, "last-good") && !l->last_good) {
		l->last_good = true;
		return 0;
	}
	/* The bound is the array's, which reader_array() has checked. */
	if (!text || !like_parse(text, bytes))
		return reader_refuse_value(r, item,
					   "is neither \"last-good\", once, nor a fingerprint "
					   "of 32 hexadecimal digits as `lazaret firewall` "
					   "shows it");
	memcpy(l->list[l->n++], bytes, sizeof(bytes));
	return 0;
}

int like_read(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, read_one, field);
}
