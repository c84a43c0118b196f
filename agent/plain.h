/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <jansson.h>

/*
 * A text for an answer.  What comes from the host may be anything, and no terminal is to
 * obey it: control characters become '?', and what is not UTF-8 is not shown.
 */
json_t *plain_text(const char *s);

/* An answer as it is sent, which takes the object; NULL, also from NULL: no memory. */
char *plain_answer(json_t *all);

/* The answer that says why there is none. */
char *plain_refusal(const char *why);
