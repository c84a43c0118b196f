/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts of our own with their SHA-256 before them: what a power cut or a bad disk left of one is
 * known as such.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SUMMED_HEAD 64 /* bytes: the sum in lower-case hex; behind them the text begins */

/* Writes the sum of what is behind the head into it; len: of all.  0 or -EIO. */
int summed_seal(char *text, size_t len);

/* Is there a text, and is it as it was sealed? */
bool summed_is_whole(const char *text, size_t len);
