/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One entry of a list in `allow`: a place or a name, and its ports. */
#pragma once

#include "policy/allow-lists.h"

#define PORT_DNS 53

/* Reads an address or prefix into those members of the peer that are about it. */
int allow_read_place(struct reader *r, json_t *value, struct peer *peer);

/*
 * For reader_array(), into a struct allow_lists.  A destination has "to", a source "from"; a
 * tunnel has "endpoint" and "interface".  0 or -errno of the first fault.
 */
int allow_read_destination(struct reader *r, json_t *item, void *into);
int allow_read_source(struct reader *r, json_t *item, void *into);
int allow_read_tunnel(struct reader *r, json_t *item, void *into);
