// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <sys/socket.h>

#include "netfilter/question.h"

#define UDP_HEADER 8
#define DNS_HEADER 12
#define NAME_AT	   (UDP_HEADER + DNS_HEADER)
#define TYPE_LAST  65 /* HTTPS, RFC 9460: what is above asks for much, or does not ask */
#define CLASS_IN   1
#define OPT_LENGTH 11

/* RFC 6891 section 6.1.2, version 0 and empty; free are the size of answers and the flag DO. */
static const uint8_t opt_bytes[OPT_LENGTH] = { 0, 0, 41 };
static const uint8_t opt_bits[OPT_LENGTH] = { 0xff, 0xff, 0xff, 0,    0,   0xff,
					      0xff, 0x7f, 0xff, 0xff, 0xff };

static bool is_letter(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

/*
 * Labels with their lengths before them, and an empty one at the end.  Resolvers and libraries
 * mix the cases of letters against forged answers; only in letters 0x20 says which case it is.
 */
static size_t spell(const char *text, struct question *q)
{
	size_t len = strlen(text) + 2, label = 0;

	memset(q->bits, 0xff, sizeof(q->bits));
	memcpy(q->bytes + 1, text, len - 1);
	for (size_t i = 1; i < len; i++) {
		if (q->bytes[i] == '.' || !q->bytes[i]) {
			q->bytes[label] = (uint8_t)(i - label - 1);
			label = i;
		}
	}
	for (size_t i = 1; i < len; i++) {
		if (is_letter(q->bytes[i])) {
			q->bytes[i] &= 0xdf;
			q->bits[i] = 0xdf;
		}
	}
	return len;
}

static void add(struct question *q, struct term t)
{
	q->terms[q->n++] = t;
}

void question_make(const struct name *name, uint8_t family, bool extended, struct question *q)
{
	size_t wire, udp, after;

	memset(q, 0, sizeof(*q));
	wire = spell(name->text, q);
	after = NAME_AT + wire;
	udp = after + 4 + (extended ? OPT_LENGTH : 0);
	/* Both lengths, or there could be bytes between the end of the one and of the other. */
	if (family == AF_INET)
		add(q, (struct term)IP4_LENGTH((uint32_t)(20 + udp)));
	else
		add(q, (struct term)IP6_LENGTH((uint32_t)udp));
	add(q, (struct term)UDP_LENGTH((uint32_t)udp));
	add(q, (struct term)DNS_FURTHER(extended));
	for (size_t i = 0; i < wire; i += TERM_BYTES_MAX) {
		size_t len = wire - i < TERM_BYTES_MAX ? wire - i : TERM_BYTES_MAX;

		add(q, (struct term)BYTES_(TRANSPORT, (uint8_t)(NAME_AT + i), (uint8_t)len,
					   q->bytes + i, q->bits + i));
	}
	add(q, (struct term)FIELD_(TRANSPORT, (uint8_t)after, 2, 0, LTE, TYPE_LAST));
	add(q, (struct term)FIELD_(TRANSPORT, (uint8_t)(after + 2), 2, 0, EQ, CLASS_IN));
	if (extended)
		add(q, (struct term)BYTES_(TRANSPORT, (uint8_t)(after + 4), OPT_LENGTH, opt_bytes,
					   opt_bits));
	add(q, (struct term)ACCEPT);
}

static void add_rules(struct batch *b, const char *table, const char *chain,
		      const struct name *names, size_t n, uint8_t family)
{
	for (size_t i = 0; i < 2 * n; i++) {
		struct question q;

		question_make(&names[i / 2], family, i % 2, &q);
		rule_add_terms(b, table, chain, q.terms, q.n);
	}
}

void question_add_rules(struct batch *b, const char *table, const struct allow *allow)
{
	const size_t bound = allow->dns_bound ? allow->n_names : 0;
	const size_t open = allow->dns_any ? allow->n_open_names : 0;

	add_rules(b, table, "question4", allow->names, bound, AF_INET);
	add_rules(b, table, "question6", allow->names, bound, AF_INET6);
	add_rules(b, table, "open-ask4", allow->open_names, open, AF_INET);
	add_rules(b, table, "open-ask6", allow->open_names, open, AF_INET6);
}
