/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `lazaret patches` asks for: every patch that is lacking, most urgent first, page by page. */
#pragma once

#include <stddef.h>

struct daemon;

/*
 * The rows from that one on, and in `next` where to go on (0: these were all).  JSON, which the
 * caller frees; NULL: no memory.
 */
char *lacking_text(const struct daemon *d, size_t from);
