/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DNS (RFC 1035) bound to names: what a question for one of them looks like on the wire, byte
 * by byte, so that nothing else leaves by port 53.  Stateless: the answer is known by its port.
 */
#pragma once

#include "agent/base/allow.h"
#include "netfilter/rule.h"

struct batch;

/*
 * A name's terms begin 20 bytes behind UDP's header, and nftables reaches 255 bytes far: a name of
 * NAMED_LENGTH with type, class and an OPT record fits.
 */
#define QUESTION_WIRE	(NAMED_LENGTH + 2)
#define QUESTION_CHUNKS ((QUESTION_WIRE + TERM_BYTES_MAX - 1) / TERM_BYTES_MAX)
#define QUESTION_TERMS	(3 + QUESTION_CHUNKS + 4)

/* The bytes stand in it, so it must stay where it is. */
struct question {
	uint8_t bytes[QUESTION_CHUNKS * TERM_BYTES_MAX];
	uint8_t bits[QUESTION_CHUNKS * TERM_BYTES_MAX]; /* that count: letters are of either case */
	struct term terms[QUESTION_TERMS];
	size_t n;
};

/*
 * A question for the name, of class IN and a type up to 65, alone or (`extended`) with an OPT
 * record (RFC 6891) without options behind it.  Of UDP to port 53 with a DNS header that
 * DNS_QUESTION has matched.
 */
void question_make(const struct name *name, uint8_t family, bool extended, struct question *ret);

/* Fills the table's chains question4 and question6, and those of open_names, open-ask4 and -6. */
void question_add_rules(struct batch *b, const char *table, const struct allow *allow);
