/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One short question in the clear, and the answer to it. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "agent/base/err.h"

#define TALK_MAX 2048 /* a socket's first two KiB never have to wait */

struct talk {
	int fd;
	uint64_t end; /* of io_boot_ms() */
};

/* At most TALK_MAX bytes, in one piece.  0, or -errno with the reason. */
int talk_send(const struct talk *t, const void *data, size_t len, struct fault *fault);

/* An http_more (http.h); `ctx` is a struct talk. */
ssize_t talk_more(void *ctx, void *buf, size_t len, struct fault *fault);
