/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `lazaret history` asks for: what the ledger has, oldest first. */
#pragma once

struct daemon;

/* JSON, which the caller frees; NULL: no memory. */
char *history_text(const struct daemon *d);
