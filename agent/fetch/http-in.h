/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What reading the head and reading the body have in common. */
#pragma once

#include "agent/fetch/http.h"

/* Makes at least one byte stand at in->at.  1, 0 at the other side's end, or -errno. */
int http_fill(struct http_in *in, struct fault *fault);

/* The next line into in->line, without its CRLF; bare CR, bare LF, other controls are refused. */
int http_line(struct http_in *in, size_t max, struct fault *fault);

/*
 * One field line (RFC 9112 section 5) of in->line: name and value are cut out in place.
 * Refuses folded lines, blanks before the colon and names that are not tokens.
 */
int http_field(struct http_in *in, char **name, char **value, struct fault *fault);
