/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/base/err.h"
#include "policy/publisher/blob.h"

/*
 * Where passphrases come from: the first line of a file (/dev/fd/3 for a descriptor), or
 * the terminal when file is NULL.  What was said last is kept, as keys often share one.
 */
struct phrase {
	const char *file;
	struct blob last; /* release with phrase_clear() */
};

#define PHRASE_MAX 1024
#define PHRASE_MIN 8 /* characters of a new one */

/* The passphrase of a key, into p->last.  -ENOTTY without file and terminal, -ECANCELED. */
int phrase_ask(struct phrase *p, const char *what, struct fault *fault);

/* A new one: asked for twice, and refused when it is short. */
int phrase_choose(struct phrase *p, const char *what, struct fault *fault);
void phrase_clear(struct phrase *p);
