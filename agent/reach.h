/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom the quarantine lets through: the policy's list with its names resolved, d->allow.  Names
 * are asked for when a policy comes and while the host is not compliant, as their answers run out.
 */
#pragma once

struct daemon;

/* A new policy: what is known of names that it has, too, is kept. */
void reach_policy(struct daemon *d);

/* Asks for what is due, if the state of the host calls for it. */
void reach_round(struct daemon *d);

/* What the list takes from elsewhere (login.h) is another now; laid at once if there is a
 * quarantine. */
void reach_renew(struct daemon *d);

/* The network changed: names that did not resolve are asked for again, some seconds after the last
 * time. */
void reach_hurry(struct daemon *d);

int reach_start(struct daemon *d); /* 0 or -errno */
void reach_stop(struct daemon *d);
