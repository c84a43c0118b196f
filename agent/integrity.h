/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What netfilter cannot stop is seen and told: a link that sends more than the quarantine let
 * out, what handles packets where netfilter does not look, a link that left for another network
 * namespace; and whether the bus was taken away.  It decides nothing about the host's state: the journal and `lazaret status` say it.
 */
#pragma once

#include "agent/facts.h"

struct daemon;
struct integrity;
struct link;

/* 0 or -errno; looks at nothing yet. */
int integrity_new(struct daemon *d, struct integrity **ret);
struct integrity *integrity_free(struct integrity *i); /* always NULL */

/* Looks now, and while the quarantine stands once a minute from now on. */
void integrity_look(struct daemon *d);

/* A link left this network namespace. */
void integrity_moved(struct daemon *d, const struct link *link);

/* The quarantine was laid anew, and its counters begin at 0. */
void integrity_recount(struct daemon *d);

/* What is true now, for `lazaret status`; the daemon's own. */
const struct facts *integrity_facts(const struct daemon *d);
