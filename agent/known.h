/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of the names of an allow-list: plain values, without a clock or a socket of
 * their own.  Moments are seconds of CLOCK_BOOTTIME.
 */
#pragma once

#include "agent/base/named.h"
#include "agent/base/wire.h"

#define KNOWN_TTL_MIN 60   /* seconds; sooner nobody is asked again, whatever the answer says */
#define KNOWN_TTL_MAX 3600 /* ... and never later */
#define KNOWN_GRACE   600  /* so long an address stays that is not in the answer any more */

struct known_name {
	struct name name;
	uint64_t due;	/* when to ask again; 0: was never asked */
	uint64_t asked; /* when it was last; 0: never.  Whoever asks sets these three */
	bool waiting;	/* for the answer */
	bool hurry;	/* it is to be asked though nobody needs it now */
	bool good;	/* the last answer had an address that may be opened */
	size_t n;
	struct {
		struct prefix at;
		uint64_t until; /* it leaves then; 0: it was in the last good answer */
	} at[FOUND_MAX];
	char fault[160]; /* of the last answer; also when some of it was passed over */
};

struct known {
	size_t n;
	struct known_name at[ALLOW_NAMED_MAX];
};

/* Brings it in line with a list: what is known of names that stay is kept. */
void known_keep(struct known *k, const struct allow *a);

/*
 * Takes an answer as lazaret-fetch sent it.  Addresses that the list does not admit are passed
 * over; one without any other changes nothing but the fault, so that neither a resolver that is
 * gone nor one that lies closes what was open.  1 when other addresses are open now, 0 when
 * not, -EPROTO for what is no answer, -ENOENT for a name that nobody asked for.
 */
int known_take(struct known *k, const struct allow *a, const struct fetch_found *f, uint64_t now);

/* No answer came for a name; `why` for people. */
void known_miss(struct known_name *n, const char *why, uint64_t now);

/* Removes what has had its grace; true when there was such an address. */
bool known_expire(struct known *k, uint64_t now);

/* The next moment at which there is something to ask or to remove; UINT64_MAX: never. */
uint64_t known_next(const struct known *k);

/* What is to be open, for allow_resolve(): k->n of them. */
void known_found(const struct known *k, struct found *ret);
