// SPDX-License-Identifier: GPL-2.0-or-later
#include <jansson.h>

#include "agent/daemon.h"
#include "agent/memory.h"
#include "agent/plain.h"

#define TOLD_MAX 400 /* entries; what fits into an answer */

struct told {
	json_t *rows;
};

static void tell(void *ctx, const struct entry *e)
{
	const struct told *told = ctx;

	if (e->kept)
		return;
	if (json_array_size(told->rows) == TOLD_MAX)
		json_array_remove(told->rows, 0);
	json_array_append_new(told->rows,
			      json_pack("{s:I, s:I, s:s, s:s, s:I, s:o}", "number",
					(json_int_t)e->number, "at", (json_int_t)e->at, "kind",
					entry_names[e->kind], "name", e->name, "value",
					(json_int_t)e->value, "text", plain_text(e->text)));
}

char *history_text(const struct daemon *d)
{
	struct told told = { .rows = json_array() };
	int r = memory_read(d->memory, tell, &told);
	json_t *all = json_pack("{s:i, s:o}", "fault", -r, "entries", told.rows);
	char *ret = json_dumps(all, JSON_COMPACT);

	json_decref(all);
	return ret;
}
