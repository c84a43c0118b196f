/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "agent/base/err.h"

/* A metadata file anywhere, parsed and with both of its members.  The caller owns *ret. */
int tell_read(const char *path, json_t **ret, struct fault *fault);

/* What a body says, for the person who is to sign it. */
void tell_file(json_t *body, FILE *out);

/* Others' words without what could drive a terminal or turn lines round: printable ASCII only. */
void tell_plain(const char *text, FILE *out);
void tell_tidy(char *text); /* the same, where it stands */
