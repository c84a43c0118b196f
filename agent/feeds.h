/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy's feed of advisories, as lazaret-vet keeps it in the store. */
#pragma once

struct daemon;

/* Opens what is in the store now, if it is another one; without a feed the looks have none. */
void feeds_read(struct daemon *d, int store);

/* What lazaret-vet said of it; "" is nothing to say.  Logged when it changes. */
void feeds_note(struct daemon *d, const char *why);

/* With the policy that named it. */
void feeds_forget(struct daemon *d);
