/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text of any length, line by line, through a window. */
#pragma once

#include "agent/base/err.h"
#include "agent/posture/unpack.h"

#define LINEWISE_WINDOW (64 * 1024)

struct linewise { /* zeroed but for `in` it is at the beginning */
	struct unpack *in;
	size_t from, len;
	unsigned number; /* of the line that was told last, from 1 */
	bool over;
	char window[LINEWISE_WINDOW];
};

/*
 * The next line, without its end and with a NUL behind it; valid until the next call.  1; 0 at
 * the end; -EBADMSG for a line that is longer than the window; or the errors of unpack_read().
 */
int linewise_next(struct linewise *l, char **ret, struct fault *fault);
