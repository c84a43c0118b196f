/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which ports of a host others may reach, by the policy: "tcp/22", "udp/6000-6007". */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader;
struct member;

#define EXPOSED_MAX 64

struct exposed {
	bool demanded; /* else every port may be */
	size_t n;
	struct port_range {
		uint8_t protocol;  /* IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP */
		uint16_t from, to; /* host order; never 0 */
	} list[EXPOSED_MAX];
};

/* All of the ports from one to another may be reached. */
bool exposed_may(const struct exposed *e, uint8_t protocol, uint16_t from, uint16_t to);

/* 0, or -EINVAL for a text that is no such range. */
int exposed_range(const char *text, struct port_range *ret);

/* A row of a shape (reader.h): a list of them into a struct exposed. */
int exposed_read(struct reader *r, const struct member *m, json_t *value, void *field);
