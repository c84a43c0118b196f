/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/remedy/copies.h"
#include "agent/remedy/known-good.h"
#include "agent/remedy/step.h"
#include "policy/exposed.h"

/* How ufw and firewalld name a range of ports: "22/tcp", "6000:6007/udp". */
#define EXPOSE_TEXT 24
void expose_text(const struct port_range *p, char between, char ret[EXPOSE_TEXT]);

/*
 * Before a front end is switched on for the first time: one to which nobody has given a rule below
 * the root lets in what the policy exposes, or it would shut out whoever sets the host up.  One
 * that made the good firewall, and of which there are copies, had its reasons.  0, or -errno with
 * the fault, and then it must not be switched on.
 */
int expose(enum front of, const struct known_good *g, int root, struct report *report,
	   struct fault *fault);

/* A zone of firewalld's, which is running, lets in what the policy exposes.  0 or -errno. */
int expose_by_zone(const char *zone, struct report *report, struct fault *fault);
