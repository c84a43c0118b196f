// SPDX-License-Identifier: GPL-2.0-or-later
/* The terms of a question against packets, evaluated as nftables does (nft_payload, nft_bitwise).
 */
#include <string.h>
#include <sys/socket.h>

#include "agent/base/count.h"
#include "netfilter/question.h"
#include "tests/unit/test.h"

#define IP4_HEADER  20
#define IP6_HEADER  40
#define UDP_AND_DNS 20

struct packet {
	uint8_t bytes[700];
	size_t network, len;
};

static void put(struct packet *p, const void *bytes, size_t n)
{
	memcpy(p->bytes + p->len, bytes, n);
	p->len += n;
}

static void put_name(struct packet *p, const char *name)
{
	for (; *name; name += strcspn(name, "."), name += *name == '.') {
		const uint8_t n = (uint8_t)strcspn(name, ".");

		put(p, &n, 1);
		put(p, name, n);
	}
	put(p, "", 1);
}

/* With the lengths that fit it. */
static void seal(struct packet *p)
{
	uint16_t udp = (uint16_t)(p->len - p->network), ip = (uint16_t)p->len;

	p->bytes[p->network + 4] = (uint8_t)(udp >> 8);
	p->bytes[p->network + 5] = (uint8_t)udp;
	ip = p->network == IP4_HEADER ? ip : udp;
	p->bytes[p->network == IP4_HEADER ? 2 : 4] = (uint8_t)(ip >> 8);
	p->bytes[p->network == IP4_HEADER ? 3 : 5] = (uint8_t)ip;
}

static struct packet ask(uint8_t family, const char *name, uint16_t type, bool extended)
{
	struct packet p = { .network = family == AF_INET ? IP4_HEADER : IP6_HEADER };

	p.len = p.network + UDP_AND_DNS;
	p.bytes[p.network + 10] = 1; /* RD */
	p.bytes[p.network + 13] = 1;
	p.bytes[p.network + 19] = extended;
	put_name(&p, name);
	put(&p, (const uint8_t[]){ (uint8_t)(type >> 8), (uint8_t)type, 0, 1 }, 4);
	if (extended)
		put(&p, (const uint8_t[]){ 0, 0, 41, 0x10, 0, 0, 0, 0x80, 0, 0, 0 }, 11);
	seal(&p);
	return p;
}

static bool meets_bytes(const struct term *t, const uint8_t *at)
{
	for (size_t i = 0; i < t->len; i++)
		if ((at[i] & t->bits[i]) != t->bytes[i])
			return false;
	return true;
}

static bool meets(const struct term *t, const struct packet *p)
{
	const uint8_t *at = p->bytes + t->at;
	uint32_t n = 0;

	if (t->op == TERM_VERDICT)
		return t->value == NF_ACCEPT;
	at += t->base == NFT_PAYLOAD_TRANSPORT_HEADER ? p->network : 0;
	if (at + t->len > p->bytes + p->len)
		return false;
	if (t->op == TERM_BYTES)
		return meets_bytes(t, at);
	assert_int_equal(t->op, TERM_PAYLOAD);
	for (size_t i = 0; i < t->len; i++)
		n = n << 8 | at[i];
	n &= t->mask ? t->mask : UINT32_MAX;
	return t->cmp == NFT_CMP_LTE ? n <= t->value : n == t->value;
}

/* By the header's terms, then by those of the name. */
static bool passes(const char *name, const struct packet *p)
{
	static const struct term head[] = { DNS_QUESTION };
	struct name n = { 0 };

	strcpy(n.text, name);
	for (size_t i = 0; i < COUNT(head); i++)
		if (!meets(&head[i], p))
			return false;
	for (int extended = 0; extended < 2; extended++) {
		struct question q;
		size_t met = 0;

		question_make(&n, p->network == IP4_HEADER ? AF_INET : AF_INET6, extended, &q);
		assert_in_range(q.n, 6, QUESTION_TERMS);
		for (size_t i = 0; i < q.n; i++) {
			assert_true(q.terms[i].len <= TERM_BYTES_MAX);
			met += meets(&q.terms[i], p);
		}
		if (met == q.n)
			return true;
	}
	return false;
}

#define L50 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeee"
static const char longest[] = L50 "." L50 "." L50 "." L50 "x";
_Static_assert(sizeof(longest) == NAMED_LENGTH + 1, "the longest name there is");

static const char *const names[] = {
	"deb.debian.org",
	"a.b",
	"xn--mller-kva.example",
	"_http._tcp.deb.debian.org",
	"policy.example",
	"abcdefghijklm.n", /* its end in another chunk */
	"abcdefghijkl.mn",
	"1.2.3a",
	longest,
};

#define N_NAMES COUNT(names)

static void test_its_own_questions_pass(void **state)
{
	static const uint16_t types[] = { 1, 5, 16, 28, 33, 65 };

	(void)state;
	for (size_t i = 0; i < N_NAMES; i++) {
		for (size_t k = 0; k < 6 * 4; k++) {
			struct packet p = ask(k & 1 ? AF_INET : AF_INET6, names[i], types[k / 4],
					      k & 2);

			assert_true(passes(names[i], &p));
			p.bytes[p.network + 11] |= 0x30; /* AD, CD */
			p.bytes[p.network + 8] = 0x5a;	 /* any id */
			assert_true(passes(names[i], &p));
		}
	}
}

static void test_letters_of_any_case(void **state)
{
	struct packet p = ask(AF_INET, "DeB.dEBIan.ORG", 1, false);

	(void)state;
	assert_true(passes("deb.debian.org", &p));
	p = ask(AF_INET6, "_HTTP._tcP.deb.debian.org", 33, true);
	assert_true(passes("_http._tcp.deb.debian.org", &p));
}

static void test_no_other_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_NAMES; i++)
		for (size_t k = 0; k < N_NAMES; k++) {
			struct packet p = ask(AF_INET, names[k], 1, false);

			assert_int_equal(passes(names[i], &p), i == k);
		}
}

static void test_what_does_not_pass(void **state)
{
	static const struct {
		const char *what;
		int at; /* of UDP and DNS; after 1000 from the end, after 2000 of IP */
		uint8_t to;
	} rows[] = {
		{ "an answer", 10, 0x81 },
		{ "another opcode", 10, 0x29 },
		{ "authoritative", 10, 0x05 },
		{ "truncated", 10, 0x03 },
		{ "recursion available", 11, 0x80 },
		{ "a reserved flag", 11, 0x40 },
		{ "a result", 11, 0x01 },
		{ "no question", 13, 0 },
		{ "two questions", 13, 2 },
		{ "many questions", 12, 1 },
		{ "an answer record", 15, 1 },
		{ "an authority", 17, 1 },
		{ "two additional", 19, 2 },
		{ "many additional", 18, 1 },
		{ "none, where there is one", 19, 0 },
		{ "a pointer", 20, 0xc0 },
		{ "a longer label", 20, 4 },
		{ "another type", 1014, 1 },
		{ "type 255", 1013, 255 },
		{ "another class", 1011, 3 },
		{ "another record", 1008, 42 },
		{ "a name of the record", 1010, 1 },
		{ "an extended result", 1005, 1 },
		{ "version 1", 1004, 1 },
		{ "reserved EDNS flags", 1003, 0xc0 },
		{ "more reserved flags", 1002, 1 },
		{ "an option", 1000, 4 },
		{ "a short UDP", 5, 1 },
		{ "a long IP", 2003, 0xff },
	};
	const struct packet good = ask(AF_INET, "deb.debian.org", 1, true);

	(void)state;
	assert_true(passes("deb.debian.org", &good));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct packet p = good;
		size_t at = (size_t)rows[i].at;

		at = at >= 2000 ? at - 2000 : at >= 1000 ? p.len - 1 - (at - 1000) : p.network + at;
		p.bytes[at] = rows[i].to;
		if (passes("deb.debian.org", &p))
			fail_msg("%s passes", rows[i].what);
	}
}

/* Turned round one by one, few of the bits that a program could choose make no difference. */
static void test_what_is_free(void **state)
{
	const struct packet good = ask(AF_INET6, "a1-b.example", 1, true);
	unsigned free_bits = 0;

	(void)state;
	for (size_t bit = (good.network + 8) * 8; bit < good.len * 8; bit++) {
		struct packet p = good;

		p.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		free_bits += passes("a1-b.example", &p);
	}
	/* Id; RD, AD, CD; letters; the type's low bits and that of 64; size of answers, DO. */
	assert_int_equal(free_bits, 16 + 3 + 9 + 6 + 1 + 16 + 1);
}

static void test_nothing_behind(void **state)
{
	struct packet p = ask(AF_INET, "deb.debian.org", 1, false);

	(void)state;
	put(&p, "tail", 4);
	assert_true(passes("deb.debian.org", &p)); /* behind IP's end: no part of it */
	seal(&p);
	assert_false(passes("deb.debian.org", &p));
	p = ask(AF_INET6, "deb.debian.org", 1, true);
	put(&p, "tail", 4);
	seal(&p);
	assert_false(passes("deb.debian.org", &p));
	p = ask(AF_INET, "deb.debian.org", 1, true);
	p.len -= 1; /* cut off */
	assert_false(passes("deb.debian.org", &p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_its_own_questions_pass),
		cmocka_unit_test(test_letters_of_any_case),
		cmocka_unit_test(test_no_other_name),
		cmocka_unit_test(test_what_does_not_pass),
		cmocka_unit_test(test_what_is_free),
		cmocka_unit_test(test_nothing_behind),
	};

	return cmocka_run_group_tests_name("question", tests, NULL, NULL);
}
