// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <stdlib.h>

#include "policy/publisher/feed-import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The security tracker's JSON. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct import m = { .kind = distro_find("debian"),
			    .distro = { "debian", "12" },
			    .codename = "bookworm" };
	struct feed *f = NULL;
	char *text = NULL;
	size_t n;

	(void)import_tracker(&m, (struct slice){ (const char *)data, len }, NULL);
	if (rows_merge(&m.rows) == 0 && rows_write(&m.rows, &m.distro, 1, &text, &n, NULL) == 0 &&
	    (feed_use(text, n, &f, NULL) < 0 || feed_check(f, NULL) < 0))
		abort();
	feed_unmap(f);
	free(text);
	rows_free(&m.rows);
	return 0;
}
