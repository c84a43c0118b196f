// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/base/named.h"
#include "tests/unit/test.h"

static struct prefix place(const char *text, unsigned prefix)
{
	struct prefix p = { .family = strchr(text, ':') ? AF_INET6 : AF_INET,
			    .prefix = (uint8_t)prefix };

	assert_int_equal(inet_pton(p.family, text, p.addr), 1);
	return p;
}

static struct prefix one(const char *text)
{
	return place(text, strchr(text, ':') ? 128 : 32);
}

static void test_names_are_read(void **state)
{
	static const struct {
		const char *text;
		bool service;
		int r;
	} rows[] = {
		{ "A.Example", false, 0 },	   { "xn--mller-kva.example", false, 0 },
		{ "1.2.3.a4", false, 0 },	   { "3com.example", false, 0 },
		{ "_a._b.example", true, 0 },	   { "_a.example", false, -EINVAL },
		{ "a_b.example", true, -EINVAL },  { "_.example", true, -EINVAL },
		{ "example", false, -EINVAL },	   { "", false, -EINVAL },
		{ ".", false, -EINVAL },	   { "a.", false, -EINVAL },
		{ ".a", false, -EINVAL },	   { "a.b.", false, -EINVAL },
		{ "a.1", false, -EINVAL },	   { "a.b/c", false, -EINVAL },
		{ "a.b\xc3\xbc", false, -EINVAL }, { "-a.b", false, -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct name n = { .text = "untouched" };
		struct fault f = { 0 };

		assert_int_equal(name_read(rows[i].text, rows[i].service, &n, &f), rows[i].r);
		if (rows[i].r < 0) {
			assert_string_equal(n.text, "untouched");
			assert_true(*f.why);
		} else if (!i) {
			assert_string_equal(n.text, "a.example");
		}
	}
}

static void test_what_is_believed(void **state)
{
	static const struct {
		const char *addr;
		bool bounded, unbounded;
	} rows[] = {
		{ "198.51.100.7", true, true },	 { "198.51.101.7", false, true },
		{ "2001:db8::7", true, true },	 { "2001:db9::7", false, true },
		{ "10.1.2.3", false, true },	 { "127.0.0.1", false, false },
		{ "127.8.8.8", true, false },	 { "0.0.0.0", false, false },
		{ "0.1.2.3", false, false },	 { "169.254.169.254", false, false },
		{ "224.0.0.1", false, false },	 { "239.9.9.9", false, false },
		{ "240.0.0.1", false, false },	 { "255.255.255.255", false, false },
		{ "::", false, false },		 { "::1", false, false },
		{ "::192.0.2.1", false, false }, { "::ffff:198.51.100.7", false, false },
		{ "fe80::1", false, false },	 { "febf::1", false, false },
		{ "fec0::1", false, true },	 { "ff02::1", false, false },
		{ "fd00::1", false, true },
	};
	struct named bounded = { .n_within = 3 }, unbounded = { 0 };
	struct prefix wide = place("198.51.100.0", 24);

	(void)state;
	bounded.within[0] = place("198.51.100.0", 24);
	bounded.within[1] = place("2001:db8::", 32);
	bounded.within[2] = place("127.8.0.0", 16); /* signed is signed */
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct prefix p = one(rows[i].addr);

		if (named_admits(&bounded, &p) != rows[i].bounded ||
		    named_admits(&unbounded, &p) != rows[i].unbounded)
			fail_msg("%s", rows[i].addr);
	}
	assert_false(named_admits(&bounded, &wide)); /* an answer is an address */
	wide.family = AF_UNIX;
	assert_false(named_admits(&unbounded, &wide));
}

static bool has(const struct allow *a, const char *addr, uint16_t port)
{
	struct prefix p = one(addr);

	for (size_t i = 0; i < a->n_out; i++)
		if (a->out[i].family == p.family && a->out[i].port == port &&
		    a->out[i].prefix == p.prefix && !memcmp(a->out[i].addr, p.addr, 16))
			return true;
	return false;
}

static void test_resolving(void **state)
{
	struct peer out = { AF_INET, IPPROTO_TCP, 32, false, 80, { 192, 0, 2, 1 } };
	struct named hosts[2] = {
		{ .name = { "a.example" },
		  .ports = { { IPPROTO_TCP, 80 }, { IPPROTO_UDP, 123 } },
		  .n_ports = 2,
		  .n_within = 1,
		  .n_instead = 1 },
		{ .name = { "b.example" }, .ports = { { IPPROTO_TCP, 443 } }, .n_ports = 1 },
	};
	struct name names[] = { { "a.example" } }, more[] = { { "p.example" }, { "a.example" } };
	const struct allow a = { .out = &out,
				 .n_out = 1,
				 .named = hosts,
				 .n_named = 2,
				 .names = names,
				 .n_names = 1,
				 .dns_bound = true };
	struct found found[2] = { { .name = { "a.example" } }, { .name = { "b.example" } } };
	struct allow got;

	(void)state;
	hosts[0].within[0] = place("192.0.2.0", 24);
	hosts[0].instead[0] = place("203.0.113.0", 28);
	assert_int_equal(allow_resolve(&a, NULL, 0, more, 2, &got), 0);
	assert_int_equal(got.n_out, 3);
	assert_int_equal(got.out[1].prefix, 28);
	assert_int_equal(got.n_named, 0);
	assert_int_equal(got.n_names, 2);
	assert_string_equal(got.names[1].text, "p.example");
	assert_true(got.dns_bound);
	allow_free(&got);

	found[0].at[found[0].n++] = one("192.0.2.1");	 /* port 80 of it is listed already */
	found[0].at[found[0].n++] = one("192.0.2.1");	 /* twice */
	found[0].at[found[0].n++] = one("198.51.100.1"); /* a lie */
	found[1].at[found[1].n++] = one("2001:db8::1");
	found[1].at[found[1].n++] = one("127.0.0.1");
	assert_int_equal(allow_resolve(&a, found, 2, NULL, 0, &got), 0);
	assert_int_equal(got.n_out, 3);
	assert_true(has(&got, "192.0.2.1", 80));
	assert_true(has(&got, "192.0.2.1", 123));
	assert_true(has(&got, "2001:db8::1", 443));
	assert_int_equal(got.n_names, 1);
	allow_free(&got);

	/* Only lies: as if it did not resolve. */
	found[0].at[0] = found[0].at[1] = one("198.51.100.2");
	assert_int_equal(allow_resolve(&a, found, 1, NULL, 0, &got), 0);
	assert_int_equal(got.n_out, 3);
	assert_false(has(&got, "198.51.100.2", 80));
	assert_int_equal(got.out[1].prefix, 28);
	allow_free(&got);
}

static uint32_t dice(void)
{
	static uint32_t x = 2463534242; /* xorshift32: the same each time */

	x ^= x << 13;
	x ^= x >> 17;
	return x ^= x << 5;
}

/* Few bits set, so that what is drawn often lies in what was drawn before. */
static struct prefix draw(bool single)
{
	struct prefix p = { .family = dice() % 2 ? AF_INET : AF_INET6 };
	unsigned bits = family_bits(p.family);

	p.prefix = (uint8_t)(single ? bits : dice() % 3 ? dice() % (bits + 1) : 16);
	for (unsigned i = 0; i < 4; i++) {
		unsigned bit = dice() % bits;

		if (bit < p.prefix)
			p.addr[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	}
	return p;
}

static bool is_signed(const struct named *h, const struct peer *p)
{
	bool port = false, in = !h->n_within;

	for (size_t i = 0; i < h->n_ports; i++)
		port |= h->ports[i].proto == p->proto && h->ports[i].number == p->port;
	for (size_t i = 0; i < h->n_within; i++)
		in |= h->within[i].prefix <= p->prefix &&
		      prefix_holds(&h->within[i], p->family, p->addr);
	for (size_t i = 0; i < h->n_instead; i++)
		in |= h->instead[i].prefix == p->prefix &&
		      prefix_holds(&h->instead[i], p->family, p->addr);
	return port && in;
}

/* Whatever resolvers say, no peer comes out that the policy did not sign. */
static void test_no_answer_widens(void **state)
{
	unsigned opened = 0;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct named h = { .name = { "a.example" }, .n_ports = 1 + dice() % 2 };
		struct found f = { .name = { "a.example" }, .n = dice() % (FOUND_MAX + 1) };
		const struct allow a = { .named = &h, .n_named = 1 };
		struct allow got;

		h.n_within = 1 + dice() % 4;
		h.n_instead = dice() % 3;
		for (size_t i = 0; i < h.n_ports; i++)
			h.ports[i] = (struct port){ IPPROTO_TCP, (uint16_t)(1 + dice() % 3) };
		for (size_t i = 0; i < h.n_within; i++)
			h.within[i] = draw(false);
		for (size_t i = 0; i < h.n_instead; i++)
			h.instead[i] = draw(false);
		for (size_t i = 0; i < f.n; i++)
			f.at[i] = draw(dice() % 8);
		assert_int_equal(allow_resolve(&a, &f, 1, NULL, 0, &got), 0);
		for (size_t i = 0; i < got.n_out; i++)
			assert_true(is_signed(&h, &got.out[i]));
		opened += got.n_out > 0;
		allow_free(&got);
	}
	assert_in_range(opened, 500, 2000); /* or nothing was tried */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_read),
		cmocka_unit_test(test_what_is_believed),
		cmocka_unit_test(test_resolving),
		cmocka_unit_test(test_no_answer_widens),
	};

	return cmocka_run_group_tests_name("named", tests, NULL, NULL);
}
