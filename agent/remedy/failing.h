/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fails of an antivirus in root's eyes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "policy/document.h"

struct host;

/* Of the demanded probes. */
struct failing {
	size_t all, fetched; /* how many, and those of them that its updater mends */
	size_t starved;	     /* and those that only the limit of a slice fails */
	size_t unknown;	     /* of which root cannot tell either: these fail nothing */
	bool loaded, stored; /* signatures that it has read, and those on disk */
	bool restart;	     /* it began with other files than are there now */
};

/* A look of its own; of what cannot be looked at nothing fails. */
struct failing count_failing(const struct requirement *q);
struct failing count_failing_of(const struct requirement *q, const struct host *host);

/* Whether something fails, and nothing that a package could mend. */
bool fails_elsewhere(const struct failing *n);
