/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, prefixes and names of hosts, as policies write them. */
#pragma once

#include "agent/base/allow.h"
#include "policy/reader.h"

/* "ADDRESS" or "ADDRESS/LENGTH", in either family; refuses what opens too much. */
int place_read(struct reader *r, json_t *value, struct prefix *ret);

/* Whether a text would rather be an address than a name. */
bool place_is_meant(const char *text);

/* The name of a host, or with `service` of a record of its (named.h). */
int place_read_name(struct reader *r, json_t *value, bool service, struct name *ret);
