/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/*
 * Messages of an exact size, with descriptors, over AF_UNIX SOCK_SEQPACKET
 * (unix(7)).  Anything of another size or with another number of descriptors is
 * -EPROTO and its descriptors are closed.
 */
#define MSG_FDS_MAX 4

/* As one message; the descriptors stay the caller's.  0; -EINVAL for too many; or -errno. */
int msg_send(int sock, const void *data, size_t len, const int *fds, size_t n_fds);

/*
 * Takes one message of exactly len bytes and at most *n_fds (MSG_FDS_MAX or
 * fewer) descriptors; *n_fds becomes their number.  They are close-on-exec and the
 * caller's.  -ECONNRESET at the other side's end, -ETIMEDOUT after wait_ms
 * milliseconds (-1: no limit).
 */
int msg_recv(int sock, void *data, size_t len, int *fds, size_t *n_fds, int wait_ms);
