/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lazaretd's side of a remedy: follows what lazaret-remedy says (remedy.h) to its verdict. */
#pragma once

#include <stdint.h>

struct sd_event;
struct remedy_run;

#define REMEDY_HEARD_MAX (1024 * 1024) /* bytes; a remedy that says more is not ours */

/* One line without its mark: what is being done, or what its program wrote. */
typedef void (*remedy_line)(void *ctx, const char *line);

/*
 * The verdict, once: err 0, or -EIO when the remedy says it failed, -EPROTO when it
 * ended without a verdict, -ETIMEDOUT, -EFBIG; why is empty on 0.  The handler may free
 * the run.
 */
typedef void (*remedy_done)(void *ctx, int err, const char *why);

/* Lets a remedy begin that waits at the other end of that socket.  0 or -errno. */
int remedy_go(int fd);

/*
 * Follows the remedy at the other end of a stream socket, for limit_ms
 * milliseconds at most, those not counted that the host sleeps: nor does the remedy.  fd is taken,
 * whatever is returned.  The caller frees *ret, before or after the verdict; freeing it early ends
 * the listening, not the remedy.
 */
int remedy_watch(struct sd_event *loop, int fd, remedy_line line, remedy_done done, void *ctx,
		 uint64_t limit_ms, struct remedy_run **ret);
/* Answers a remedy that asked back (REMEDY_READY) by REMEDY_GO or REMEDY_NOT.  0 or -errno. */
int remedy_answer(struct remedy_run *r, char answer);
struct remedy_run *remedy_run_free(struct remedy_run *r); /* always NULL; r may be NULL */
