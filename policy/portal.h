/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far a quarantined host may go for a captive portal: what the policy bounds. */
#pragma once

#include "agent/base/allow.h"
#include "agent/base/web.h"
#include "policy/reader.h"

#define PORTAL_PROBES_MAX    8
#define PORTAL_PORTS_MAX     8
#define PORTAL_ADDRESSES_MAX 32
#define PORTAL_NEVER_MAX     64
#define PORTAL_ATTEMPTS_MAX  12

struct portal_rule {
	uint64_t lasts;			     /* seconds at most; 0: no portal is ever opened */
	int64_t attempts;		     /* openings an hour */
	int64_t addresses;		     /* of one portal, at most */
	struct web probe;		     /* http, and answered with status 204 */
	struct prefix at[PORTAL_PROBES_MAX]; /* where it is asked: single addresses */
	size_t n_at;
	uint16_t ports[PORTAL_PORTS_MAX]; /* TCP, of a portal */
	size_t n_ports;
	struct prefix never[PORTAL_NEVER_MAX]; /* no portal is there, whoever says so */
	size_t n_never;
};

/* The policy's member `captive_portal`, for the table in document.c. */
int portal_read(struct reader *r, const struct member *m, json_t *value, void *field);

/*
 * Repair services may talk to where the probe is asked: adds that to the list.  -E2BIG
 * when it is full, -ENOMEM.
 */
int portal_allow_probe(const struct portal_rule *rule, struct allow *allow);
