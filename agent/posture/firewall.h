/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of look_firewall(): each tells what it saw as evidence. */
#pragma once

#include "agent/posture/legacy.h"
#include "agent/posture/posture.h"
#include "netfilter/survey.h"

struct listeners;

/* Asks about the port of every listener once: ports[] for survey_ports(), to be freed; -ENOMEM. */
int exposed_ports(const struct listeners *l, struct survey_port **ret, size_t *n);

/* Which listeners that leaves reachable, and who they are; demanded when the policy limits them. */
void tell_exposed(const struct requirement *req, const struct host *host, const struct listeners *l,
		  const struct survey_port *ports, size_t n, struct finding *f);

/* Rules that lead past the rules for what comes in: to containers mostly. */
void tell_forwards(const struct requirement *req, const struct survey *s,
		   const struct legacy *legacy, struct finding *f);

/*
 * Is it the firewall that is kept as good, or one that the policy names?  Demanded when the policy
 * has `like`.  host->firewall->now is what was seen.
 */
void tell_likeness(const struct requirement *req, const struct host *host, const struct survey *s,
		   struct finding *f);
#define PROBE_LIKENESS "likeness"

/* What the front ends say of themselves, and which tables of iptables-legacy there are. */
void tell_front_ends(const struct host *host, const struct survey *s, const struct legacy *legacy,
		     struct finding *f);

/* How to switch on a front end that is there and off, of those that have one; or NULL. */
const char *front_end_off(const struct host *host);

#define ADVICE_LEGACY "see why: journalctl -u lazaretd -g lazaret-legacy"
