/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a host may lack a fix: by how bad that is, and by how much the host is worth.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "policy/feed.h"

struct reader; /* policy/reader.h */
struct member;
struct json_t; /* jansson.h */

#define RISKS	     5 /* 1 to 5, five the most critical */
#define RISK_DEFAULT 3

struct deadlines {
	bool given;	       /* else the requirement's grace is all there is */
	bool reachable;	       /* only time in which the host was on and had a way out counts */
	unsigned risk;	       /* of the hosts of this policy, at least; 0: it does not say */
	enum severity unnamed; /* what counts as that of which no feed says how bad it is */
	/* Seconds, by severity and by risk less one; that of SEVERITY_UNKNOWN is not used. */
	uint64_t allowed[SEVERITIES][RISKS];
};

extern const struct deadlines deadlines_preset; /* as a policy has it that gives {} */

/* For a row: the member `deadlines`. */
int deadlines_read(struct reader *r, const struct member *m, struct json_t *value, void *field);

/* The host's risk from its own word (0: none) and the policy's, the higher of the two. */
unsigned deadlines_risk(const struct deadlines *d, unsigned own);

/* What a severity counts as: itself, unless it is unknown. */
enum severity deadlines_severity(const struct deadlines *d, enum severity s);

/* Seconds; never more for a worse severity nor for a higher risk. */
uint64_t deadlines_allowed(const struct deadlines *d, enum severity s, unsigned risk);
