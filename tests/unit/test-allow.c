// SPDX-License-Identifier: GPL-2.0-or-later
/* Whom a policy allows: addresses, names, tunnels. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "policy/document.h"
#include "tests/unit/doc.h"
#include "tests/unit/policies.h"
#include "tests/unit/test.h"

/* What is for every program stays apart from what is for repair alone, though it is the same. */
static void test_vpn(void **state)
{
	static const char text[] = VPN(
		"\"interface\":\"wg0\",\"endpoint\":\"192.0.2.1\",\"udp\":[51820,51821]},"
		"{\"endpoint\":\"vpn.example\",\"tcp\":[443],\"within\":[\"192.0.2.0/24\"]},"
		"{\"interface\":\"tun0\",\"endpoint\":\"192.0.2.0/28\",\"udp\":[51820]}],"
		"\"mirrors\":[{\"to\":\"192.0.2.1\",\"udp\":[51820]");
	struct policy *p = NULL;
	struct fault f = { 0 };

	(void)state;
	if (policy_parse(text, strlen(text), &p, &f) < 0)
		fail_msg("%s", f.why);
	assert_int_equal(p->allow.n_tunnels, 2);
	assert_string_equal(p->allow.tunnels[0], "wg0");
	assert_string_equal(p->allow.tunnels[1], "tun0");
	assert_int_equal(p->allow.n_out, 3);
	assert_peer(&p->allow.out[0], "192.0.2.1", 32, IPPROTO_UDP, 51820);
	assert_peer(&p->allow.out[1], "192.0.2.0", 28, IPPROTO_UDP, 51820);
	assert_peer(&p->allow.out[2], "192.0.2.1", 32, IPPROTO_UDP, 51821);
	assert_false(p->allow.out[0].anyone);
	assert_true(p->allow.out[1].anyone && p->allow.out[2].anyone);
	assert_int_equal(p->allow.n_named, 1);
	assert_true(p->allow.named[0].anyone);
	assert_int_equal(p->allow.n_names, 1);
	policy_free(p);
}

static void test_allow_alone(void **state)
{
	static const char text[] = "{\"policy\":[{\"to\":\"192.0.2.0/24\",\"tcp\":[443]}],\n"
				   "\"mirrors\":[{\"to\":\"192.0.2.9\",\"tcp\":[443,80,443]},"
				   "{\"to\":\"2001:db8::/32\",\"udp\":[443]}],"
				   "\"resolvers\":\"any\",\"dhcp\":false}";
	struct fault f = { 0 };
	struct allow a;

	(void)state;
	assert_int_equal(policy_parse_allow(text, strlen(text), &a, &f), 0);
	/* 192.0.2.9:443 is inside 192.0.2.0/24:443. */
	assert_int_equal(a.n_out, 3);
	assert_peer(&a.out[0], "192.0.2.9", 32, IPPROTO_TCP, 80);
	assert_peer(&a.out[1], "192.0.2.0", 24, IPPROTO_TCP, 443);
	assert_peer(&a.out[2], "2001:db8::", 32, IPPROTO_UDP, 443);
	assert_true(a.dns_any);
	assert_false(a.dhcp_any);
	allow_free(&a);

	assert_int_equal(policy_parse_allow("{\n\"policy\":5}", 13, &a, &f), -EINVAL);
	assert_string_equal(f.why, "policy: 5 is not a list");
	assert_int_equal(f.line, 2);
}

static void test_names(void **state)
{
	static const char text[] =
		"{\"mirrors\":[{\"to\":\"Deb.Debian.org\",\"tcp\":[80,443],\"within\":[\"151.101.0."
		"0/16\","
		"\"2a04:4e42::/32\"],\"else\":[\"151.101.2.132\"]},{\"to\":\"ntp.example.org\","
		"\"udp\":[123]}],\"resolvers\":[\"192.0.2.53\"],\"dns\":\"names\","
		"\"dns_names\":[\"_http._tcp.deb.debian.org\",\"ntp.example.org\"]}";
	const struct named *h;
	struct allow a;

	(void)state;
	assert_int_equal(policy_parse_allow(text, strlen(text), &a, NULL), 0);
	assert_int_equal(a.n_named, 2);
	h = &a.named[0];
	assert_string_equal(h->name.text, "deb.debian.org");
	assert_int_equal(h->n_ports, 2);
	assert_int_equal(h->ports[1].proto, IPPROTO_TCP);
	assert_int_equal(h->ports[1].number, 443);
	assert_int_equal(h->n_within, 2);
	assert_int_equal(h->within[1].prefix, 32);
	assert_int_equal(h->n_instead, 1);
	assert_int_equal(a.named[1].n_within, 0);
	/* Bound to names, the resolver is asked by UDP alone, whatever the order of members. */
	assert_true(a.dns_bound);
	assert_int_equal(a.n_out, 1);
	assert_peer(a.out, "192.0.2.53", 32, IPPROTO_UDP, 53);
	assert_int_equal(a.n_names, 3);
	assert_string_equal(a.names[0].text, "_http._tcp.deb.debian.org");
	allow_free(&a);
}

/* With all that its names may resolve to, no list is longer than the quarantine takes. */
static void test_too_many_names(void **state)
{
	_free_ char *text = calloc(ALLOW_NAMED_MAX + 2, 80);
	char *end = text;
	struct fault f = { 0 };
	struct allow a;

	(void)state;
	end += sprintf(end, "{\"mirrors\":[");
	for (int i = 0; i <= ALLOW_NAMED_MAX; i++)
		end += sprintf(end, "%s{\"to\":\"a%d.example\",\"tcp\":[80]}", i ? "," : "", i);
	strcpy(end, "]}");
	assert_int_equal(policy_parse_allow(text, strlen(text), &a, &f), -EINVAL);
	assert_non_null(strstr(f.why, "mirrors[64]: more than 64 hosts by name"));
}

static void test_merge(void **state)
{
	static const struct {
		const char *ntp;
		size_t n;
	} rows[] = {
		{ "\"192.0.2.1\",\"192.0.2.1\"", 1 },
		{ "\"10.1.0.0/16\",\"10.0.0.0/8\",\"10.255.255.255\"", 1 },
		{ "\"10.0.0.0/9\",\"10.128.0.0/9\"", 2 },
		{ "\"10.0.0.0/23\",\"10.0.1.0/24\",\"10.0.2.0/24\"", 2 },
		{ "\"2001:db8::/33\",\"2001:db8:8000::\"", 2 },
		{ "\"2001:db8::/33\",\"2001:db8:7fff::\"", 1 },
		{ "\"1.0.0.0/8\",\"100::/16\"", 2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[200];
		struct allow a;
		int n = snprintf(text, sizeof(text), "{\"ntp\":[%s]}", rows[i].ntp);

		assert_int_equal(policy_parse_allow(text, (size_t)n, &a, NULL), 0);
		assert_int_equal(a.n_out, rows[i].n);
		allow_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vpn),   cmocka_unit_test(test_allow_alone),
		cmocka_unit_test(test_names), cmocka_unit_test(test_too_many_names),
		cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests_name("allow", tests, NULL, NULL);
}
