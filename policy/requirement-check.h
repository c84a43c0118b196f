/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct reader;	    /* policy/reader.h */
struct requirement; /* policy/document.h */

/* Whether what a requirement says agrees with itself and with its provider: 0, or -EINVAL. */
int requirement_check(struct reader *r, const struct requirement *q);
