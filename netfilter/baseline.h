/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of our own for a host that has no firewall left: in an ordinary table, which whoever sets
 * up another firewall may flush.  Inbound is dropped but for answers, ICMP, leases and named ports,
 * and what this host's guests ask of it to be on a network at all: leases and names.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"

struct nft;
struct survey;

struct baseline_port {
	uint8_t protocol;
	uint16_t from, to; /* host order */
};

/*
 * Lays it, in place of what there may be of it.  A family that is closed without it, as that survey
 * says, is left to whoever closes it: what he lets in would need the consent of both.  0 or -errno.
 */
int baseline_lay(struct nft *nft, const struct survey *now, const struct baseline_port *open,
		 size_t n, struct fault *fault);

/* Takes it away; one that is not there is as good. */
int baseline_remove(struct nft *nft, struct fault *fault);

/* The same, if inbound is closed without it.  1 when it was taken away, 0 when not, or -errno. */
int baseline_retire(struct nft *nft, struct fault *fault);
