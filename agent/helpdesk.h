/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Break-glass from the daemon's side (leave.h): shows the challenge, takes the token (redeem.h),
 * and ends a release that is over.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>
#include <sys/types.h>

struct daemon;
struct helpdesk;

/* 0 or -ENOMEM; a host without an id of its own is told of, and cannot be released. */
int helpdesk_new(struct daemon *d, struct helpdesk **ret);
struct helpdesk *helpdesk_free(struct helpdesk *h); /* always NULL */

/*
 * Answers the verb `release`: with no argument the challenge, with "end" what root wants, else
 * it is a token.  As control_verb has it.
 */
int helpdesk_verb(struct daemon *d, const char *argument, uid_t who, char **reply);

/*
 * Until when the host is let out, by a release or by the policy's `exempt`; 0: it is not.  A
 * release whose time is over ends here.
 */
int64_t helpdesk_until(struct daemon *d);

/*
 * What the policy server is told with the refresh that begins now: a release, or wrong tries, that
 * no refresh has told yet; "" when there is nothing, or the policy wants none of it.  It stays as
 * it is until it is asked for again.
 */
const char *helpdesk_report(struct daemon *d);
/* That refresh has come to a good end. */
void helpdesk_reported(struct daemon *d);

/* For `lazaret status`: this host's id, and what lets it out. */
json_t *helpdesk_json(const struct daemon *d);
