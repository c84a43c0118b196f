/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must outlive a restart: since when each requirement has not been met, so that
 * neither a crash nor a reboot buys new grace.
 */
#pragma once

#include <stdint.h>

#include "agent/base/err.h"
#include "policy/document.h"

struct memory;

/* From the file `failing` below a folder; none there is an empty memory.  A damaged
 * file is -EBADMSG with the fault set, and *ret is an empty memory all the same. */
int memory_open(const char *folder, struct memory **ret, struct fault *fault);
struct memory *memory_close(struct memory *m); /* always NULL */

int64_t memory_since(const struct memory *m, const char *id);	 /* 0: it was met */
int memory_set(struct memory *m, const char *id, int64_t since); /* 0 forgets; -ENOSPC, -ENOMEM */

/* Forgets what is not among these: an id that comes back later begins anew. */
void memory_prune(struct memory *m, const struct requirement *reqs, size_t n);

/* Writes it durably if anything changed since the last time. */
int memory_keep(struct memory *m);
