/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <jansson.h>

/*
 * A text for an answer.  What comes from the host may be anything, and no terminal is to
 * obey it: control characters become '?', and what is not UTF-8 is not shown.
 */
json_t *plain_text(const char *s);
