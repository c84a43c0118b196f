/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

#include "policy/json.h"

/*
 * What a correct policy would still do to its hosts that its author may not mean:
 * one line each, "FILE: note: ...".  document is one that policy_parse() accepts.
 */
void advise(const char *file, json_t *document, FILE *out);
