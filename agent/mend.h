/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct daemon;

/*
 * Starts the next remedy that is due, one at a time on the whole host; nothing in
 * audit mode.  When it ends the host is looked at again: only that counts.
 */
void mend(struct daemon *d);

/* Stops waiting for a remedy under way; the remedy itself runs to its own end. */
void mend_stop(struct daemon *d);
