/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of tables and chains, and lists of tables. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct name {
	uint8_t family;
	char *table, *chain; /* chain NULL: the table itself */
};

/* -ENOMEM; release with name_free(), which frees what is in it. */
int name_copy(uint8_t family, const char *table, const char *chain, struct name *ret);
void name_free(struct name *n);

int name_compare(const struct name *a, const struct name *b);

/* That of a chain, as nft(8) takes it: "inet filter input"; or "iptables-legacy filter INPUT". */
void name_text(const struct name *n, char *text, size_t room);

struct tables {
	struct name *list;
	size_t n, room;
};

int tables_add(struct tables *tables, uint8_t family, const char *table); /* -ENOMEM, -EFBIG */
bool tables_have(const struct tables *tables, uint8_t family, const char *table);
void tables_free(struct tables *tables);
