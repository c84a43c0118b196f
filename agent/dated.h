/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requirements whose patches have deadlines of their own: what a round has to do besides.
 */
#pragma once

#include "agent/judge.h"

struct daemon;
struct subject;

/* Around the looks of a round: what time counts, and which fixes are not lacking any more. */
void dated_begin(struct daemon *d);
void dated_end(struct daemon *d);

/* The verdict of a requirement that was just looked at, whether it has deadlines or not. */
struct verdict dated_judge(struct daemon *d, struct subject *s, struct past *past, int64_t now);
