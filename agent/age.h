/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct daemon;

/* Reads again until when the policy in force is valid, and what time it is at least. */
void age_read(struct daemon *d, int store);

/* Judges how old the policy is; the journal hears of it once each time that changes. */
void age_judge(struct daemon *d);
