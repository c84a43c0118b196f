/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `lazaret status` and `lazaret CHECK` ask for. */
#pragma once

#include "agent/decide.h"
#include "policy/menu.h"

struct daemon;

/*
 * What the host's state is told to be.  Without a policy in force nothing is judged, whatever was
 * before the start: one that was accepted may be there and not be read.  Before the first look it
 * is held, whatever it was.
 */
enum state status_state(const struct daemon *d);

/* JSON, which the caller frees; NULL: no memory. */
char *status_text(const struct daemon *d);
/* The same of one check: its requirements, with their evidence. */
char *status_check_text(const struct daemon *d, enum check check);
