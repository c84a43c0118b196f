/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy server as lazaret-vet sees it: the session at lazaret-fetch, and what is
 * remembered of the last poll, so that one that finds nothing new is one small request.
 *
 * The timestamp is asked for first, with If-None-Match.  When the server says that it is
 * still the same, the roots are not asked for, and everything in the store is verified
 * again as if it had come anew.  That is sound: who could lie about it (the server, or
 * whoever is between) could as well serve the old timestamp and hide a new root, and is
 * bounded by the same expiry.  An honest publisher who replaces keys signs a new timestamp,
 * at the latest within its lifetime; and once a day all is asked for without a condition,
 * so a mistaken server or a wrong memory lasts no longer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"
#include "agent/base/wire.h"

#define SERVER_MEMORY "metadata/timestamp.etag" /* in the store */
#define SERVER_CHECK  86400			/* seconds between polls without a condition */

struct server {
	int session, store;
	bool polite;	      /* ask for the timestamp first, and only if it changed */
	bool answered;	      /* the server did, at least once */
	bool failed;	      /* the network did, at least once */
	bool unchanged;	      /* the server has the timestamp that is in the store */
	uint32_t retry_after; /* of the last answer */
	char etag[WIRE_TAG_MAX];
	struct { /* the timestamp, asked for before its turn */
		bool done;
		int err;
		struct fault fault;
		char *text;
		size_t len;
	} ahead;
};

/* Begins a run.  Polite only if the memory fits the store's timestamp and is of today. */
void server_begin(struct server *s, bool may_be_polite, int64_t now);

/* As tuf_io.fetch. */
int server_fetch(struct server *s, const char *path, size_t max, char **ret, size_t *len,
		 struct fault *fault);

/* Ends a run.  After a good one it remembers what was new, or tries to. */
void server_end(struct server *s, bool well, int64_t now);
