/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lets the host's user log in at a captive portal though the host is in quarantine: sends the
 * probe, finds the portal's addresses, opens and seals them, as portal.h decides.
 */
#pragma once

#include <jansson.h>

struct allow;
struct daemon;
struct login;
struct name;

int login_new(struct daemon *d, struct login **ret); /* 0 or -errno */
struct login *login_free(struct login *l);	     /* always NULL */

/* The quarantine was laid, or lifted. */
void login_laid(struct daemon *d);
void login_lifted(struct daemon *d);

/* The host is in another network. */
void login_moved(struct daemon *d);

/* A refresh failed in quarantine: perhaps the network wants a login again. */
void login_again(struct daemon *d);

/* The policy is about to be freed.  Nothing when there is no login yet. */
void login_forget(struct daemon *d);

/* Adds to a list of no `open` what is open now, and the portal's name.  -ENOMEM: nothing is. */
int login_add(const struct daemon *d, struct allow *list);

/* The portal's name while it is needed, else NULL. */
const struct name *login_name(const struct daemon *d);

/* For the status. */
json_t *login_json(const struct daemon *d);
