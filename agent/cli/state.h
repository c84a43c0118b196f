/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* How one of the host's states is shown; one that is not known like a doubt. */
const char *state_colour(const char *state);

/* The exit status that tells it; EXIT_FAILED for one that is not known. */
int state_exit(const char *state);
