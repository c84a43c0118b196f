// SPDX-License-Identifier: GPL-2.0-or-later
/* What is kept of a good firewall, with a checksum that fits: the fingerprint, and the copies. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/posture/likeness.h"
#include "agent/remedy/copies.h"
#include "policy/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define SUM_TEXT 64

/* What is read is written as it was read, but for how its numbers are written. */
static void read_fingerprint(const char *text, size_t len)
{
	static struct kept_firewall k, again;
	_free_ char *written = NULL;
	size_t n;

	if (likeness_read(text, len, &k) < 0)
		return;
	written = likeness_write(&k.good, k.at, k.copied, &n);
	if (!written || likeness_read(written, n, &again) < 0 ||
	    memcmp(again.good.digest, k.good.digest, LIKE_BYTES) != 0)
		abort();
}

static void read_copies(const char *text, size_t len)
{
	_drop_(drop_copies) struct copies *c = NULL;

	if (copies_parse(text, len, &c) < 0)
		return;
	for (size_t i = 0; i < c->n; i++) {
		const struct copy *one = &c->rows[i];

		if (!copies_place_of(one->path) || strstr(one->path, "/../") || one->data < text ||
		    one->data + one->len > text + len || one->mode & ~0755u ||
		    (one->link && memchr(one->data, '\0', one->len)))
			abort();
	}
	(void)copies_gone(c, FRONT_UFW, -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	_free_ char *text = malloc(SUM_TEXT + len + 1);
	char sum[DIGEST_TEXT];

	if (!text || digest_make_text(DIGEST_SHA256, data, len, sum) < 0)
		abort();
	memcpy(text, sum, SUM_TEXT);
	memcpy(text + SUM_TEXT, data, len);
	text[SUM_TEXT + len] = '\0';
	read_fingerprint(text, SUM_TEXT + len);
	read_copies(text, SUM_TEXT + len);
	return 0;
}
