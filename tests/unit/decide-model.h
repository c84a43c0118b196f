/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state machine as a model: every combination that can be reached is visited, and each turn
 * has to keep the invariants.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/decide.h"

#define SUBJECTS 2
#define UNJUDGED GRADE_COUNT /* not looked at yet */

typedef struct decision (*machine)(const struct situation *s, struct history *h);
typedef struct verdict (*judge_fn)(const struct requirement *req, enum grade grade,
				   struct past *past, int64_t now);

/* The machine that runs in the model: the agent's own, or one with a planted fault. */
struct rules {
	machine decide;
	judge_fn judge;
};

/* All that a decision can depend on, in times before now, as far as they can matter. */
struct model {
	struct history h;
	struct past past[SUBJECTS];
	int64_t released;
};

/* What comes in with one turn; the step is the seconds since the one before. */
struct input {
	enum grade grades[SUBJECTS];
	int64_t step;
	bool release, stale, audit, away, unmanaged;
};

#define NOW 1000000000 /* where each turn begins; what counts is the distance to it */

/* Of one kind: 3 grades, 2 grades, 3 steps, and a release, a stale policy or neither. */
#define KIND	  54
#define ENFORCING (2 * KIND) /* here, and then away */

/* One of all inputs; the first ENFORCING of them are of a policy that is enforced. */
struct input input_of(unsigned n);

/* One turn at that time, which changes the model; the first invariant that breaks, or NULL. */
const char *model_turn(const struct rules *rules, struct model *m, const struct input *in,
		       int64_t now);

/* The first invariant that breaks, or NULL; how many models and turns there were. */
const char *model_explore(const struct rules *rules, size_t *models, size_t *turns);

/* How many invariants each turn is held against. */
extern const size_t model_invariants;
