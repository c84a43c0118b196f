/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host, a container behind it, a peer that the list allows and one that it does not, each in a
 * network namespace of its own.  One program holds the sockets of all of them: a socket stays in
 * the namespace it was made in.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "netfilter/nft.h"

#define WAIT_MS 200 /* for what is to come through, or not */

enum place { HOST, FRIEND, STRANGER, BOX, PLACES };
extern const char *const place_names[PLACES]; /* of their namespaces */

/* In both families; .1 is the host's end of each link. */
extern const char *const place_addrs[PLACES][2];
extern const char *const host_addrs[PLACES][2];

struct lab {
	int ns[PLACES], home;
	struct nft nft; /* the host's */
};

/* For cmocka: *state is a struct lab. */
int lab_make(void **state);
int lab_drop(void **state);

void lab_go(const struct lab *lab, enum place place);

/* A socket in a place, bound to an address of it, which listens if it can. */
int lab_bound(const struct lab *lab, enum place at, int type, const char *addr, uint16_t port);

/* Whether poll() says so within WAIT_MS. */
bool lab_ready(int fd, short what);

/* Connects; with out != NULL both ends are handed on. */
bool lab_tcp(const struct lab *lab, enum place from, enum place to, const char *addr, uint16_t port,
	     int out[2]);

/* One datagram and its answer. */
bool lab_udp(const struct lab *lab, enum place from, enum place to, const char *addr,
	     uint16_t port);

bool lab_ping(const struct lab *lab, enum place from, const char *addr);

/* Whether a byte goes from one end of a connection to the other. */
bool lab_alive(const int pair[2]);
