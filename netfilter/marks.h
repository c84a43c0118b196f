/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who marks packets or connections: a new one from the network has the mark 0. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct nlattr;

#define MARKS_ALL UINT32_MAX

struct marks {
	uint32_t set; /* bits of either mark that may be set, as nobody else set them yet */
	bool asked;   /* a condition asks for a mark */
};

/* Adds what a rule does; `terms` is NFTA_RULE_EXPRESSIONS. */
void marks_learn(const struct nlattr *terms, struct marks *m);
