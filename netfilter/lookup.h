/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of what nobody asked for a set has in it. */
#pragma once

#include "netfilter/sets.h"
#include "netfilter/share.h"

/*
 * The key begins in values[0]; values[i] is what the 32-bit register i after it holds the
 * begin of.  The first is for a whole set, the second for one of its elements that is not `ends`.
 */
uint64_t lookup_share(const struct set *set, const struct value *values, size_t n);
uint64_t lookup_share_of(const struct set *set, const struct element *e, const struct value *values,
			 size_t n);
