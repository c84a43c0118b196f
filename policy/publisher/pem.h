/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys as text (RFC 7468): "-----BEGIN LABEL-----", base64, "-----END LABEL-----". */
#pragma once

#include "policy/publisher/blob.h"

#define PEM_MAX 16384

/* The first block of that label in a text.  -ENOENT without one, -EINVAL, -ENOMEM. */
int pem_read(const char *text, const char *label, struct blob *ret);

/* The caller frees *ret (blob_clear); its text ends in a NUL that len does not count. */
int pem_write(const char *label, const struct blob *der, struct blob *ret);
