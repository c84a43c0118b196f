/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who removed packages, as apt and dpkg wrote it down. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "agent/clerk/act.h"

struct topic;

typedef void (*history_found)(void *ctx, const struct act *a);

/*
 * A part of /var/log/apt/history.log (it may begin and end anywhere); what has no end goes on
 * and is of now.  The text is cut up.
 */
void history_apt(char *text, const struct topic *t, int64_t now, history_found found, void *ctx);
/* The same of /var/log/dpkg.log: that it was done, by whom it does not say. */
void history_dpkg(char *text, const struct topic *t, history_found found, void *ctx);
