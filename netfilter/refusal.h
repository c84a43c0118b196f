/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel said about one message of a batch, and how to tell it to people. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"

struct nlmsghdr;

struct refusal {
	int err;	 /* -errno; 0: acknowledged */
	uint32_t at;	 /* place of the message in the batch, the opening one being 0 */
	uint32_t offset; /* in that message, of the attribute at fault; 0: not told */
	char words[120]; /* the kernel's own; may be empty */
};

/* From an NLMSG_ERROR message, with its extended acknowledgement (linux/netlink.h) if any. */
void refusal_read(const struct nlmsghdr *answer, uint32_t at, struct refusal *ret);

/*
 * Sets the fault, "set out4: element 17: why", from the batch's own bytes, or without the place
 * when they are NULL.  Returns err.
 */
int refusal_tell(const struct refusal *r, const void *batch, size_t len, struct fault *fault);
