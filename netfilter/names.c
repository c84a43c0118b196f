// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/array.h"
#include "netfilter/names.h"
#include "netfilter/xtables.h"

#define TABLES_MAX (1u << 20)

int name_compare(const struct name *a, const struct name *b)
{
	int r = a->family - b->family;

	if (r == 0)
		r = strcmp(a->table, b->table);
	return r || !a->chain || !b->chain ? r : strcmp(a->chain, b->chain);
}

void name_free(struct name *n)
{
	free(n->table);
	free(n->chain);
}

int name_copy(uint8_t family, const char *table, const char *chain, struct name *ret)
{
	struct name n = { .family = family,
			  .table = strdup(table),
			  .chain = chain ? strdup(chain) : NULL };

	if (!n.table || (chain && !n.chain)) {
		name_free(&n);
		return -ENOMEM;
	}
	*ret = n;
	return 0;
}

void name_text(const struct name *n, char *text, size_t room)
{
	if (xtables_is_named(n->table)) {
		snprintf(text, room, "%s %s", n->table, n->chain);
		return;
	}
	snprintf(text, room, "%s %s %s",
		 n->family == NFPROTO_INET   ? "inet"
		 : n->family == NFPROTO_IPV4 ? "ip"
					     : "ip6",
		 n->table, n->chain);
}

int tables_add(struct tables *tables, uint8_t family, const char *table)
{
	struct name *list;
	int r;

	if (tables->n == TABLES_MAX)
		return -EFBIG;
	list = array_grow(tables->list, tables->n, &tables->room, sizeof(*list));
	if (!list)
		return -ENOMEM;
	tables->list = list;
	r = name_copy(family, table, NULL, &list[tables->n]);
	tables->n += r == 0;
	return r;
}

bool tables_have(const struct tables *tables, uint8_t family, const char *table)
{
	const struct name name = { family, (char *)table, NULL };

	for (size_t i = 0; i < tables->n; i++)
		if (name_compare(&tables->list[i], &name) == 0)
			return true;
	return false;
}

void tables_free(struct tables *tables)
{
	for (size_t i = 0; i < tables->n; i++)
		name_free(&tables->list[i]);
	free(tables->list);
	*tables = (struct tables){ 0 };
}
