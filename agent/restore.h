/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts the quarantine right at once when somebody changes it, and says who it was. */
#pragma once

struct daemon;

/* Begins to watch, once the kernel is reached; a failure is told, and looks still find changes. */
void restore_watch(struct daemon *d);

/* Removes chains of others that would run behind the quarantine's, and tells of them. */
void restore_order(struct daemon *d);
