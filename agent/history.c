// SPDX-License-Identifier: GPL-2.0-or-later
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/wire.h"
#include "agent/daemon.h"
#include "agent/history.h"
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

static char *write_rows(const struct told *told, int fault)
{
	json_t *all = json_pack("{s:i, s:O}", "fault", fault, "entries", told->rows);

	return plain_answer(all);
}

static void drop_oldest(struct told *told, size_t n)
{
	while (n--)
		json_array_remove(told->rows, 0);
}

char *history_text(const struct daemon *d)
{
	struct told told = { .rows = json_array() };
	int r = memory_read(d->memory, tell, &told);
	char *ret = write_rows(&told, -r);

	/* A quotation mark is two bytes there. */
	while (ret && strlen(ret) > CONTROL_REPLY_MAX) {
		drop_oldest(&told, json_array_size(told.rows) / 4 + 1);
		free(ret);
		ret = write_rows(&told, -r);
	}
	json_decref(told.rows);
	return ret;
}
