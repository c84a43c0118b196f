/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The socket behind `lazaret`: AF_UNIX packets; one verb as a text without a NUL in,
 * one JSON object out.  It needs no bus, so that it answers when the bus is gone.
 */
#pragma once

#include <sys/types.h>

#include "agent/base/err.h"
#include "agent/base/wire.h"

struct sd_event;
struct control;

/*
 * Answers a verb: 0 and in *reply a text that control frees, NULL when there was no memory to make
 * one; or CONTROL_WAITS, and then the caller waits for control_release().  who: the caller; 0
 * also when it runs as the daemon's user.
 */
#define CONTROL_WAITS 1
typedef int (*control_verb)(void *ctx, const char *verb, uid_t who, char **reply);

/*
 * Makes the folder if need be.  -EADDRINUSE when another daemon answers there; what a dead
 * one left is replaced.
 */
int control_new(struct sd_event *loop, const char *runtime_dir, control_verb verb, void *ctx,
		struct control **ret, struct fault *fault);
/* Answers all who wait with this verb, whatever they added to it.  No reply: no memory for one. */
void control_release(struct control *c, const char *verb, const char *reply);
struct control *control_free(struct control *c); /* always NULL */
