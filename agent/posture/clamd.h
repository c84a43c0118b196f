/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLAMD_SOCKET  "/run/clamav/clamd.ctl" /* Debian's */
#define CLAMD_WAIT_MS 1000 /* one that runs answers at once; what takes longer does not run */

/*
 * Asks clamd one thing (clamd(8), COMMANDS; the NUL-ended form) over its socket:
 * "PING" is answered by "PONG".  0 and the answer's text; -ENOENT or -ECONNREFUSED when
 * nobody listens, -ETIMEDOUT after wait_ms in all, -EPROTO for an answer without an end
 * or longer than its room, -ENAMETOOLONG, or -errno.
 */
int clamd_ask(const char *path, const char *command, char *answer, size_t room, int wait_ms);

/*
 * Sends a text as it is and compares what comes back, up to a newline or the end of the stream.
 * 0 when it begins with expect, -EPROTO when it does not; else the same errors.
 */
int socket_expect(const char *path, const char *send, const char *expect, int wait_ms);

/*
 * Has clamd scan the EICAR test file (eicar.org), which every scanner finds and which does
 * nothing; it is sent over the socket and never lies on a disk (INSTREAM).  0 when it was found;
 * -ENOMSG when clamd calls it clean; else the errors above.
 */
int clamd_prove(const char *path, int wait_ms);

/* The answer to "VERSION": "ClamAV 1.4.6/26000/Sun Nov  1 08:00:00 2026". */
struct clamd_version {
	char engine[64];  /* "ClamAV 1.4.6" */
	uint32_t version; /* of the daily signatures; 0: none are loaded, only the engine is said */
	int64_t made;	  /* when they were made, seconds since 1970; written in local time */
	uint64_t signatures; /* how many a database has */
};

int clamd_version_parse(const char *text, struct clamd_version *ret); /* 0 or -EBADMSG */

/*
 * The head of a signature database, 512 bytes of a .cvd or .cld file:
 * "ClamAV-VDB:DATE:VERSION:SIGNATURES:LEVEL:MD5:SIGNATURE:BUILDER:EPOCH", then blanks.
 * 0 with version, made and signatures set; -EBADMSG.
 */
#define DATABASE_HEAD 512
int database_head_parse(const char *head, size_t len, struct clamd_version *ret);

/* Can a file of so many bytes have all its signatures?  ClamAV's take 16 and more each. */
bool database_is_whole(const struct clamd_version *v, uint64_t size);

/* Both of a file: 0; -EBADMSG, it is damaged; or -errno of one that cannot be read. */
int database_look(int dir, const char *path, struct clamd_version *ret);
