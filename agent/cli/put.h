/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the commands share to read lazaretd's answers and to print them.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "agent/base/span.h"

/* Colours of a terminal (ECMA-48, select graphic rendition). */
#define RED    "31"
#define GREEN  "32"
#define YELLOW "33"

#define CLOCK_TEXT 32

/* In colour on a terminal, else plain. */
void put(const char *colour, const char *text);

/* For --json: one document, on one line.  0 or -1. */
int put_json(const json_t *all);

/* A member of an object: "" and 0 when it is not there or of another type. */
const char *text_of(const json_t *o, const char *key);
int64_t int_of(const json_t *o, const char *key);

/* Local time; how long from one moment to a later one.  Both return out. */
const char *clock_text(int64_t at, char out[CLOCK_TEXT]);
const char *span_until(int64_t from, int64_t to, char out[SPAN_TEXT]);
