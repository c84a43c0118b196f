/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lazaret-legacy answers (struct legacy_told), of which nothing is taken unseen. */
#pragma once

#include "agent/base/err.h"

struct legacy;
struct xtables;

/*
 * Takes the answer that is there: which tables there are, and a mapping of all their rules, to be
 * unmapped; is->rules is then `rules`.  -errno and why; *is may know the tables all the same.
 */
int legacy_hear(int sock, struct legacy *is, struct xtables *rules, struct fault *fault);
void legacy_unmap(struct xtables *x);
