/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The socket behind `lazaret`: AF_UNIX packets; one verb as a text without a NUL in,
 * one JSON object out.  It needs no bus, so that it answers when the bus is gone.
 */
#pragma once

#include <stdbool.h>

#include "agent/base/err.h"
#include "agent/base/wire.h"

struct sd_event;
struct control;

/*
 * Answers a verb: a text that control frees, or NULL, and then the caller waits for
 * control_release().  privileged: the caller is root or runs as the daemon's user.
 */
typedef char *(*control_verb)(void *ctx, const char *verb, bool privileged);

/*
 * Makes the folder if need be.  -EADDRINUSE when another daemon answers there; what a dead
 * one left is replaced.
 */
int control_new(struct sd_event *loop, const char *runtime_dir, control_verb verb, void *ctx,
		struct control **ret, struct fault *fault);
/* Answers all who wait with this verb, whatever they added to it. */
void control_release(struct control *c, const char *verb, const char *reply);
struct control *control_free(struct control *c); /* always NULL */
