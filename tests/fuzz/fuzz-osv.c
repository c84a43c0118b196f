// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <stdlib.h>

#include "agent/base/count.h"
#include "policy/publisher/feed-import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What was imported, whatever it was, becomes a feed that a host accepts. */
static void make_feed(struct import *m)
{
	struct feed *f = NULL;
	char *text = NULL;
	size_t len;

	if (rows_merge(&m->rows) < 0 || rows_write(&m->rows, &m->distro, 1, &text, &len, NULL) < 0)
		return;
	if (feed_use(text, len, &f, NULL) < 0 || feed_check(f, NULL) < 0)
		abort();
	feed_unmap(f);
	free(text);
}

/* An OSV document or an array of them, for three distributions. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct distro distros[] = { { "debian", "12" },
						 { "sles", "15.5" },
						 { "alpine", "3.19" } };

	for (size_t i = 0; i < COUNT(distros); i++) {
		struct import m = { .kind = distro_find(distros[i].id), .distro = distros[i] };

		m.rows.order = m.kind->order;
		/* What came before a fault stays: also that must make a feed. */
		(void)import_text(&m, (struct slice){ (const char *)data, len }, NULL);
		make_feed(&m);
		rows_free(&m.rows);
	}
	return 0;
}
