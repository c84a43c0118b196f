/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

#include "agent/base/err.h"

/*
 * A file by plain HTTP/1.0 (RFC 1945), for tests alone.  The address is sent as it is,
 * nothing decoded or normalised.  0 and a buffer that the caller frees; -ENOENT for 404 and 403
 * (storage services say 403 for what is not there); -EFBIG above max; another -errno with the
 * fault set.
 */
int http_get(const char *url, size_t max, char **ret, size_t *len, struct fault *fault);
