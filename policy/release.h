/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may let a host out of quarantine for a while (token.h), and which hosts are let out already.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "policy/host.h"
#include "policy/reader.h"

#define EXEMPT_MAX    256
#define EXEMPT_REASON 160

struct release_rule {
	uint64_t max; /* seconds that a release may last; 0: nobody may release */
	int64_t threshold;
	json_t *keys; /* an array of KEY objects of TUF */
	bool report;  /* the policy server is told of releases and of wrong tries */
};

struct exemption {
	uint8_t host[HOST_ID];
	int64_t until; /* seconds since 1970 */
	char reason[EXEMPT_REASON];
};

struct exemptions {
	struct exemption *list;
	size_t n;
};

/* The members `release` and `exempt` of a policy, for the table in document.c. */
int release_read(struct reader *r, const struct member *m, json_t *value, void *field);
int exempt_read(struct reader *r, const struct member *m, json_t *value, void *field);
void release_clear(struct release_rule *rule);
void exempt_clear(struct exemptions *e);

/* The host's exemption that lasts longest, or NULL. */
const struct exemption *exempt_find(const struct exemptions *e, const uint8_t host[HOST_ID]);
