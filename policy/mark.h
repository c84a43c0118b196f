/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "agent/base/err.h"
#include "policy/digest.h"

#define MARK_VERSION_MAX 999999999999999 /* 15 digits: exact in every JSON reader */

/* What one metadata file says of another or of a target (TUF 1.0.34, METAFILES and TARGETS). */
struct mark {
	int64_t version; /* 0 when not given */
	int64_t len;	 /* bytes; -1 when not given */
	bool has[DIGEST_COUNT];
	uint8_t digest[DIGEST_COUNT][DIGEST_MAX];
};

/* -EINVAL for a wrong type or a bad hash; -ENOTSUP for hashes of which none is known. */
int mark_parse(json_t *object, struct mark *ret, struct fault *fault);

/* Do length and hashes, as far as given, fit?  0 or -EBADMSG. */
int mark_check(const struct mark *m, const void *data, size_t len, struct fault *fault);
