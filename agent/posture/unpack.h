/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files as they are or compressed, read as one stream.  The libraries are loaded when the first
 * file of their form is met (dlopen(3)): most hosts never meet any, and start faster without.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/base/err.h"

struct unpack;

/* Is it how the name of a compressed file ends (".xz"), whether or not this build can read it? */
bool unpack_is_packed(const char *ending);

/*
 * Reads from the descriptor's place on; it stays the caller's.  `ending` is "" for a file as it
 * is.  At most max bytes come out, whatever went in.  -EOPNOTSUPP when this build has no
 * reader for that form or its library is not there; -ENOMEM.
 */
int unpack_open(int fd, const char *ending, uint64_t max, struct unpack **ret, struct fault *fault);
struct unpack *unpack_close(struct unpack *u); /* always NULL */

/*
 * The next bytes: how many, 0 at the end, -EBADMSG for what is malformed or cut short, -EFBIG
 * above max, or the -errno of reading.
 */
ssize_t unpack_read(struct unpack *u, void *buf, size_t room, struct fault *fault);

/* How many bytes came out so far. */
uint64_t unpack_total(const struct unpack *u);
