/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs say to each other, over AF_UNIX SOCK_SEQPACKET (msg.h).
 * All of them are of one build, so structs go as they are; whoever receives one
 * still checks it: each text must end, each number be in range.
 */
#pragma once

#include <stdint.h>
#include <string.h>

#define WIRE_URL_MAX	512
#define WIRE_PATH_MAX	512
#define WIRE_TAG_MAX	128
#define WIRE_WHY_MAX	240
#define WIRE_REPORT_MAX 128

/* A text field as received: does it end inside its room? */
#define wire_text_ok(field) (memchr((field), '\0', sizeof(field)) != NULL)

/*
 * lazaret-fetch.  lazaretd opens the session, with the descriptors of the CA file (PEM; always
 * first), of client certificate and key when FETCH_HAS_CLIENT, and of a memory when
 * FETCH_HAS_MEMORY: a memfd of FETCH_MEMORY_SIZE bytes, sealed against any other size, that is
 * zero at first, handed along each time, and looked into by lazaret-fetch only.  The answer is a
 * fetch_got with err 0 or the reason.  Then the session is handed to lazaret-vet, which may ask
 * for paths below the base and for nothing else.  `report` goes along with each request, as the
 * field Lazaret-Report; it is visible ASCII and blanks.  With FETCH_PROBE it connects at once,
 * and asks for nothing: the answer says whether a session could be had, and in `saw` what the
 * quarantine did to it, and that is all.
 */
#define FETCH_HAS_CLIENT  1u
#define FETCH_HAS_MEMORY  2u
#define FETCH_PROBE	  4u
#define FETCH_MEMORY_SIZE 16384

/*
 * With RESOLVE alone, and no descriptor, it is no session: after the answer come names, as
 * many as one likes up to WIRE_NAMES_MAX, and to each of them a fetch_found, in the order in which
 * they were found.
 */
#define FETCH_RESOLVE  8u
#define WIRE_NAMES_MAX 128
#define WIRE_NAME_MAX  256
#define WIRE_FOUND_MAX 32

/*
 * With GLANCE alone, and no descriptor, it is no session either: `base` is http://host[:port]/path,
 * asked for once at the address `at`, without TLS.  The answer is a fetch_glanced, of the head that
 * came back and nothing else, and that is all.
 */
#define FETCH_GLANCE	  16u
#define WIRE_LOCATION_MAX 1024

struct fetch_open {
	char base[WIRE_URL_MAX];  /* https://host[:port]/folder/ */
	char proxy[WIRE_URL_MAX]; /* http://[user:password@]host:port, or empty */
	uint32_t flags;
	uint32_t timeout_ms;	      /* for each request, connecting included */
	char report[WIRE_REPORT_MAX]; /* of releases, or empty */
	struct {
		uint8_t family; /* AF_INET or AF_INET6 */
		uint8_t addr[16];
	} at; /* of GLANCE */
};

struct fetch_glanced {
	int32_t err;			  /* 0, or -errno when nothing came that is HTTP */
	uint32_t status;		  /* HTTP's, when err is 0 */
	char location[WIRE_LOCATION_MAX]; /* where the answer sends us; empty: nowhere */
	char why[WIRE_WHY_MAX];		  /* for people, when err is not 0 */
};

struct fetch_name {
	char name[WIRE_NAME_MAX];
};

struct fetch_found {
	char name[WIRE_NAME_MAX];
	int32_t err;  /* 0, or -errno when there is no address */
	uint32_t ttl; /* seconds that the answer holds; 0: the resolver did not say */
	uint32_t n;
	struct {
		uint8_t family; /* AF_INET or AF_INET6 */
		uint8_t addr[16];
	} at[WIRE_FOUND_MAX];
	char why[WIRE_WHY_MAX]; /* for people, when err is not 0 */
};

struct fetch_get {		  /* with one descriptor, the body's */
	char path[WIRE_PATH_MAX]; /* appended to the base as it is; already percent-encoded */
	char etag[WIRE_TAG_MAX];  /* If-None-Match, or empty */
	uint64_t max;		  /* a longer body is refused with -EFBIG */
};

#define FETCH_REFUSED_MAX 8
struct fetch_server {
	uint8_t family; /* AF_INET or AF_INET6 */
	uint16_t port;	/* host order */
	uint8_t addr[16];
};

struct fetch_got {
	int32_t err;	      /* 0, or -errno when there was no whole answer */
	uint32_t status;      /* HTTP's, when err is 0; the body was written for 200 only */
	uint64_t len;	      /* of the body */
	uint32_t retry_after; /* seconds, as the server asked for; 0: it did not */
	char etag[WIRE_TAG_MAX];
	char why[WIRE_WHY_MAX]; /* for people, when err is not 0 */

	/* Of a probe: the server's, or those of the proxy before it. */
	uint32_t saw;		    /* FETCH_SAW_ */
	struct fetch_server server; /* who answered; family 0: nobody */
	uint32_t n_refused;	    /* whom the host's own rules refused */
	struct fetch_server refused[FETCH_REFUSED_MAX];
};

#define FETCH_SAW_REFUSAL 1u  /* the host's own rules refused the way there */
#define FETCH_SAW_NO_NAME 2u  /* the server's name does not resolve */
#define FETCH_SAW_HELD	  4u  /* a destination that no list names was refused, as it has to be */
#define FETCH_SAW_LEAK	  8u  /* ... was not */
#define FETCH_SAW_ASTRAY  16u /* lazaret-fetch itself runs outside of the repair services' slice */

/* lazaret-vet.  One question with the fetch session's descriptor, one answer, end. */
struct vet_ask {
	uint32_t op; /* VET_REFRESH, or VET_RELEASE without a descriptor */
};
#define VET_REFRESH 1u
#define VET_RELEASE 2u

struct vet_said {
	int32_t err;	      /* 0, or -errno: nothing new was accepted and `why` says why */
	uint32_t changed;     /* the policy is another one than before */
	uint32_t retry_after; /* seconds, what the server asked for when err is not 0 */
	uint64_t version;     /* of the policy in force (its targets role), 0 when there is none */
	int64_t expires;      /* when its metadata expires, seconds since 1970 */
	char why[WIRE_WHY_MAX];
	char feed_why[WIRE_WHY_MAX]; /* why the policy's feed is not new; empty if it is, or none */
};

/* After VET_RELEASE comes a token (policy/token.h), and this is what came of it. */
#define WIRE_TOKEN_MAX	2112
#define WIRE_HOST_LEN	10
#define WIRE_REASON_MAX 100
struct vet_token {
	char text[WIRE_TOKEN_MAX];
};
struct vet_told {
	int32_t err; /* 0: signed by whom the policy in force trusts with it; or -errno, and why */
	uint32_t seconds;
	uint64_t nonce;
	uint8_t host[WIRE_HOST_LEN];
	char reason[WIRE_REASON_MAX];
	char who[64]; /* the keys that signed, for people */
	char why[WIRE_WHY_MAX];
};

/*
 * lazaret-legacy.  Nothing is asked; the answer is which tables of iptables-legacy there are
 * (agent/posture/legacy.h), and with it, unless there are none or err says why they could not be
 * read, the descriptor of a memfd that is sealed against any change: the rules of all of them, in
 * `len` bytes (netfilter/xtables.h).
 */
struct legacy_told {
	int32_t err;   /* 0, or -errno of reading the rules */
	uint8_t known; /* which tables there are */
	uint32_t ip4, ip6;
	uint64_t len;
	char why[WIRE_WHY_MAX]; /* for people, when err is not 0 */
};

/* lazaretd's own socket, for `lazaret`: one verb as a text in, one JSON object out. */
#define CONTROL_FOLDER	  "agent" /* in the runtime folder; the daemon's own */
#define CONTROL_SOCKET	  CONTROL_FOLDER "/control.sock"
#define CONTROL_VERB_MAX  (WIRE_TOKEN_MAX + 32)
#define CONTROL_REPLY_MAX (160 * 1024)
