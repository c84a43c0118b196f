/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys at hand: those in a folder's keys/ and those named with --key.  A key is opened,
 * and its passphrase asked for, only when a signature of it is wanted.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "agent/base/cleanup.h"
#include "agent/base/err.h"
#include "policy/publisher/secret.h"

struct options;
struct hand;

#define HAND_NAME 80

/*
 * dir is the publisher's folder, or -1.  To know a sealed key that has no .pub beside it, it
 * is opened at once; unless quiet, which leaves it out.
 */
int hand_open(int dir, const struct options *o, bool quiet, struct hand **ret, struct fault *fault);
struct hand *hand_close(struct hand *h); /* always NULL */
DEFINE_DROP(hand, hand_close)

/* Takes over an open key, of a file below the workshop: it signs without being asked for. */
int hand_take(struct hand *h, const char *path, struct secret *s, struct fault *fault);

/*
 * Remembers a public key that came in a file, as keys/NAME.pub, so that what waits for it can
 * say whose it is.  Not being able to is no fault.
 */
void hand_know(struct hand *h, const char *path, const char *id, json_t *public);

/*
 * Adds the signatures of those listed in ids that have not signed yet; ids NULL means of each
 * key named with --key.  *added counts them.
 */
int hand_sign(struct hand *h, json_t *ids, json_t *body, json_t *signatures, size_t *added,
	      struct fault *fault);

/* "root-1" for a key of keys/root-1.pub, or the beginning of its id. */
const char *hand_name(const struct hand *h, const char *id, char room[HAND_NAME]);
bool hand_has(const struct hand *h, const char *id); /* its private half, too? */
