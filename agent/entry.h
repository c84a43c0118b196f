/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An entry of the ledger as a line of its file (ledger.h), and back. */
#pragma once

#include <stddef.h>

#include "agent/ledger.h"

#define ENTRY_SUM  32 /* hex */
#define ENTRY_LINE (ENTRY_SUM + POLICY_ID_MAX + ENTRY_TEXT + 96)

/* A line without its newline.  0, or -EBADMSG: it is none of ours, or not whole. */
int entry_read(const char *line, size_t len, struct entry *ret);

/* With its newline, and without a NUL; its length, or -EIO. */
int entry_write(const struct entry *e, char ret[ENTRY_LINE]);
