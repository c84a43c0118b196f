// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/document.h"
#include "tests/unit/doc.h"
#include "tests/unit/test.h"

static char *example(size_t *len)
{
	return doc_read("example-policy.json", len);
}

static void assert_peer(const struct peer *p, const char *addr, uint8_t prefix, int proto,
			uint16_t port)
{
	char text[INET6_ADDRSTRLEN];

	assert_string_equal(inet_ntop(p->family, p->addr, text, sizeof(text)), addr);
	assert_int_equal(p->prefix, prefix);
	assert_int_equal(p->proto, proto);
	assert_int_equal(p->port, port);
}

static void test_example(void **state)
{
	struct policy *p = NULL;
	struct fault f = { 0 };
	size_t len;
	_free_ char *text = example(&len);

	(void)state;
	assert_int_equal(policy_parse(text, len, &p, &f), 0);
	assert_int_equal(p->mode, MODE_ENFORCE);
	assert_int_equal(p->look_every, 300);
	assert_int_equal(p->n_requirements, 3);
	assert_string_equal(p->requirements[0].id, "patches");
	assert_int_equal(p->requirements[0].with.patches.index_max_age, 7 * 86400);
	assert_int_equal(p->requirements[0].grace, 86400);
	/* A requirement without contact text has the policy's. */
	assert_string_equal(p->requirements[0].contact, p->contact);
	assert_int_equal(p->requirements[1].check, CHECK_ANTIVIRUS);
	assert_int_equal(p->requirements[1].n_remedies, 4);
	assert_int_equal(p->requirements[1].remedies[3], REMEDY_ANTIVIRUS_REINSTALL);
	assert_memory_equal(p->requirements[1].contact, "Security team", 13);
	assert_true(p->allow.dhcp_any);
	assert_false(p->allow.dns_any);
	assert_int_equal(p->allow.n_in, 1);
	assert_peer(p->allow.in, "192.0.2.7", 32, IPPROTO_TCP, 22);
	/* 1 policy, 2 x 2 mirror ports, 1 antivirus, 2 resolvers over tcp and udp, 1 clock */
	assert_int_equal(p->allow.n_out, 11);
	assert_null(policy_free(p));
}

#define R(members) "{\"mode\":\"audit\",\"requirements\":[{" members "}]}"
#define PT	   "\"id\":\"p\",\"check\":\"patches\",\"grace\":\"0s\",\"deadlines\":"
#define RB	   "\"id\":\"p\",\"check\":\"patches\",\"grace\":\"0s\",\"reboot\":"
#define ROW(severity, a, b, c, d, e) \
	"{\"" severity "\":[\"" a "\",\"" b "\",\"" c "\",\"" d "\",\"" e "\"]}"
#define FW	   "\"id\":\"f\",\"check\":\"firewall\",\"grace\":\"0s\""
#define A(members) "{\"mode\":\"audit\",\"requirements\":[{" FW "}],\n\"allow\":{" members "}}"

#define S(members) "{\"mode\":\"audit\",\"requirements\":[{" FW "}],\n\"stale\":{" members "}}"

#define VPN(members) A("\"vpn\":[{" members "}]")
#define TO(name)     A("\"policy\":[{\"to\":\"" name "\",\"tcp\":[1]}]")
#define L50	     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"

#define CP(members) \
	"{\"mode\":\"audit\",\"requirements\":[{" FW "}],\n\"captive_portal\":{" members "}}"
#define AT(probe) "\"at\":[\"192.0.2.9\"],\n\"probe\":\"" probe "\""
#define PROBE	  AT("http://a.example/ok")

static void test_captive_portal(void **state)
{
	static const char text[] = CP(PROBE);
	static const char own[] =
		CP("\"probe\":\"http://a.example:81/ok\",\"at\":[\"192.0.2.9\",\"2001:db8::9\"],"
		   "\"open_for\":\"2min\",\"attempts\":1,\"addresses\":3,\"ports\":[80,8080,443],"
		   "\"never\":[\"10.0.0.0/8\"]");
	struct policy *p = NULL;

	(void)state;
	assert_int_equal(policy_parse(text, strlen(text), &p, NULL), 0);
	assert_int_equal(p->portal.lasts, 600);
	assert_int_equal(p->portal.attempts, 3);
	assert_int_equal(p->portal.addresses, 8);
	assert_int_equal(p->portal.n_ports, 2);
	assert_int_equal(p->allow.n_out, 1);
	assert_peer(p->allow.out, "192.0.2.9", 32, IPPROTO_TCP, 80);
	policy_free(p);
	assert_int_equal(policy_parse(own, strlen(own), &p, NULL), 0);
	assert_int_equal(p->portal.lasts, 120);
	assert_int_equal(p->portal.attempts, 1);
	assert_int_equal(p->portal.addresses, 3);
	assert_int_equal(p->portal.n_ports, 3);
	assert_int_equal(p->portal.ports[1], 8080);
	assert_int_equal(p->portal.n_never, 1);
	assert_peer(p->allow.out + 1, "2001:db8::9", 128, IPPROTO_TCP, 81);
	policy_free(p);
}

static void test_stale(void **state)
{
	static const char text[] = S("\"after\":\"7d\",\"then\":\"quarantine\"");
	struct policy *p = NULL;

	(void)state;
	assert_int_equal(policy_parse(text, strlen(text), &p, NULL), 0);
	assert_true(p->stale.quarantine);
	assert_int_equal(p->stale.after, 7 * 86400);
	policy_free(p);
}

static void test_defaults(void **state)
{
	static const char text[] = "{\"mode\":\"audit\",\"requirements\":["
				   "{\"id\":\"p\",\"check\":\"patches\",\"grace\":\"1h\"},"
				   "{\"id\":\"a\",\"check\":\"antivirus\",\"grace\":\"0s\"}]}";
	struct policy *p = NULL;

	(void)state;
	assert_int_equal(policy_parse(text, strlen(text), &p, NULL), 0);
	assert_int_equal(p->look_every, 0);
	assert_int_equal(p->requirements[0].with.patches.index_max_age, 7 * 86400);
	assert_int_equal(p->requirements[1].with.antivirus.signatures_max_age, 7 * 86400);
	assert_int_equal(p->requirements[0].n_remedies, 0);
	assert_string_equal(p->requirements[0].contact, "");
	assert_int_equal(p->allow.n_out, 0);
	assert_true(p->allow.dhcp_any);
	assert_false(p->stale.quarantine);
	policy_free(p);
}

static const struct {
	const char *text;
	unsigned line, col;
	const char *why;
} refusals[] = {
	{ "", 1, 1, "end of file" },
	{ "{\n \"mode\": audit }", 2, 14, "invalid token" },
	{ "{\"mode\":\"audit\",\n\"mode\":\"audit\"}", 2, 6, "duplicate" },
	{ "[]", 1, 1, "[] is not an object" },
	{ "{\"mode\":\"audit\"}", 1, 1, "member \"requirements\" is missing" },
	{ "{\"mode\":\"stern\",\"requirements\":[]}", 1, 9, "mode: \"stern\" is neither" },
	{ "{\"mode\":7,\"requirements\":[]}", 1, 9, "mode: 7 is neither" },
	{ "{\"mode\":\"audit\",\"requirements\":[]}", 1, 32, "requirements: the list is empty" },
	{ "{\"mode\":\"audit\",\"requirements\":{}}", 1, 32, "requirements: {} is not a list" },
	{ "{\"mode\":\"audit\",\n \"look_every\":\"1s\",\"requirements\":[]}", 2, 15,
	  "look_every: \"1s\" is out of range; from 5 s to 1 d" },
	{ "{\"mode\":\"audit\",\"requirements\":[{" FW "}],\n \"colour\": 1}", 2, 12,
	  "colour: unknown member; there are: mode, contact, look_every, providers, "
	  "requirements, allow, stale" },
	{ S("\"after\":\"7d\""), 2, 9, "stale: member \"then\" is missing" },
	{ CP("\"at\":[\"192.0.2.9\"]"), 2, 18, "captive_portal: member \"probe\" is missing" },
	{ CP(AT("https://a.example/ok")), 3, 9, "no portal can answer" },
	{ CP(AT("http://a.example")), 3, 9, "is not \"http://HOST/PATH\"" },
	{ CP(AT("http://u@a.example/")), 3, 9, "has a user before its host" },
	{ CP("\"probe\":\"http://a.example/ok\",\n\"at\":[\"192.0.2.0/24\"]"), 3, 7,
	  "captive_portal.at[0]: \"192.0.2.0/24\" is not a single address" },
	{ CP(PROBE ",\n\"open_for\":\"2h\""), 4, 12, "from 1 min to 1 h" },
	{ CP(PROBE ",\n\"attempts\":13"), 4, 12, "is not a number from 1 to 12" },
	{ CP(PROBE ",\n\"addresses\":33"), 4, 13, "is not a number from 1 to 32" },
	{ CP(PROBE ",\n\"ports\":[80,53]"), 4, 13, "53 is not a port that a portal may have" },
	{ CP(PROBE ",\n\"ports\":[]"), 4, 9, "the list is empty" },
	{ S("\"after\":\"7d\",\"then\":\"panic\""), 2, 30,
	  "stale.then: \"panic\" is neither \"keep\" nor \"quarantine\"" },
	{ S("\"after\":\"59min\",\"then\":\"keep\""), 2, 18, "from 1 h to 52 w 1 d" },
	{ R("\"id\":\"f\",\"check\":\"firewall\""), 1, 33,
	  "requirements[0]: member \"grace\" is missing" },
	{ R(FW ",\n\"tug\":\"kill\""), 2, 7, "is neither \"tell\" nor \"quarantine\"" },
	{ R(FW ",\n\"remedy_limit\":\"3h\""), 2, 16, "out of range" },
	{ R("\"id\":\"f\",\"check\":\"firewall\",\n\"grace\":\"soon\""), 2, 9,
	  "requirements[0].grace: \"soon\" is not a span of time; write for instance \"24h\"" },
	{ R("\"id\":\"f\",\"check\":\"firewall\",\n\"grace\":60"), 2, 9,
	  "60 is not a span of time" },
	{ R("\"id\":\"f\",\"check\":\"firewall\",\n\"grace\":\"366d\""), 2, 9, "out of range" },
	{ R("\"id\":\"f\",\"check\":\"firewall\",\n\"grace\":\"20000d\""), 2, 9, "out of range" },
	{ R("\"id\":\"F\",\"check\":\"firewall\",\"grace\":\"0s\""), 1, 39,
	  "requirements[0].id: \"F\" is not an id" },
	{ R("\"id\":\"\",\"check\":\"firewall\",\"grace\":\"0s\""), 1, 39, "is not an id" },
	{ R("\"id\":\"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1234\","
	    "\"check\":\"firewall\",\"grace\":\"0s\""),
	  1, 39, "64 bytes long; at most 63" },
	{ R("\"id\":\"f\",\"grace\":\"0s\",\"check\":\n\"virus\""), 2, 1,
	  "requirements[0].check: \"virus\" is not a check; there are: patches, antivirus, "
	  "firewall" },
	{ R(FW ",\n\"index_max_age\":\"7d\""), 2, 17,
	  "requirements[0].index_max_age: unknown member; there are: id, check, grace, remedies" },
	{ R(FW ",\n\"remedies\":[\"reboot\"]"), 2, 13,
	  "requirements[0].remedies[0]: \"reboot\" is not a remedy of check firewall; "
	  "there are: firewall-enable" },
	{ R(FW ",\n\"remedies\":[\"antivirus-start\"]"), 2, 13,
	  "is not a remedy of check firewall" },
	{ R(FW ",\n\"remedies\":[\"firewall-enable\",\n\"firewall-enable\"]"), 3, 1,
	  "is there twice" },
	{ R(FW ",\n\"remedies\":\"firewall-enable\""), 2, 12, "is not a list" },
	{ R("\"id\":\"u\",\"check\":\"patches\",\"grace\":\"0s\",\"remedies\":[\"services-"
	    "restart\"],\n\"restart\":[\"nginx\"]"),
	  2, 12, "is no service by its whole name" },
	{ R("\"id\":\"u\",\"check\":\"patches\",\"grace\":\"0s\",\"remedies\":[\"services-"
	    "restart\"],\n\"restart\":[\"nginx.socket\"]"),
	  2, 12, "is no service by its whole name" },
	{ R("\"id\":\"u\",\"check\":\"patches\",\"grace\":\"0s\",\"remedies\":[\"services-"
	    "restart\"],\n\"restart\":[\"-x.service\"]"),
	  2, 12, "is no service by its whole name" },
	{ R("\"id\":\"u\",\"check\":\"patches\",\"grace\":\"0s\",\"remedies\":[\"services-"
	    "restart\"],\n\"restart\":[\"a/b.service\"]"),
	  2, 12, "is no service by its whole name" },
	{ R("\"id\":\"u\",\"check\":\"patches\",\"grace\":\"0s\",\"remedies\":[\"services-"
	    "restart\"],\n\"restart\":[\"*.service\"]"),
	  2, 12, "is no service by its whole name" },
	{ R("\"id\":\"u\",\"check\":\"patches\",\"grace\":\"0s\",\"remedies\":[\"services-"
	    "restart\"],\n\"restart\":[\"getty@.service\"]"),
	  2, 12, "is no service by its whole name" },
	{ R("\"id\":\"u\",\"check\":\"patches\",\"grace\":\"0s\",\"remedies\":[\"services-"
	    "restart\"],\n\"restart\":[\".service\"]"),
	  2, 12, "is no service by its whole name" },
	{ R("\"id\":\"u\",\"check\":\"patches\",\"grace\":\"0s\",\"remedies\":[\"services-"
	    "restart\"],\n\"restart\":[\"x y.service\"]"),
	  2, 12, "is no service by its whole name" },
	{ R("\"id\":\"u\",\"check\":\"patches\",\"grace\":\"0s\",\"remedies\":[\"services-"
	    "restart\"],\n\"restart\":[\"a.service\",\n\"a.service\"]"),
	  3, 1, "is there twice" },
	{ R(PT "{\n\"risk\":6}"), 2, 8, "6 is no risk; give 1 to 5" },
	{ R(PT "{\n\"risk\":\"5\"}"), 2, 8, "is no risk" },
	{ R(PT "{\n\"unknown\":\"unknown\"}"), 2, 11, "is no severity" },
	{ R(PT "{\n\"count\":\"never\"}"), 2, 9, "is neither \"always\" nor \"reachable\"" },
	{ R(PT "{\n\"allowed\":{\"low\":[\"1h\"]}}"), 2, 18, "give 5 spans" },
	{ R(PT "{\n\"allowed\":{\"low\":\"1h\"}}"), 2, 18, "is not a list" },
	{ R(PT "{\n\"allowed\":{\"worst\":[]}}"), 2, 20, "unknown member" },
	{ R(PT "{\n\"allowed\":" ROW("high", "5d", "5d", "5d", "5d", "366d") "}"), 2, 40,
	  "out of range" },
	{ R(PT "{\n\"allowed\":" ROW("high", "30d", "14d", "7d", "4d", "5d") "}"), 2, 11,
	  "high: a host of risk 5 has longer than one of risk 4" },
	{ R(PT "{\n\"allowed\":" ROW("critical", "7d", "7d", "7d", "7d", "2d") "}"), 2, 11,
	  "critical has longer than high on a host of risk 4" },
	{ R(RB "{\n\"window\":[\"2am\"]}"), 2, 11,
	  "requirements[0].reboot.window[0]: \"2am\" is no window, like \"02:00-04:00\"" },
	{ R(RB "{\n\"window\":\"02:00-04:00\"}"), 2, 10, "is not a list" },
	{ R(RB "{\n\"window\":[]}"), 2, 10, "the list is empty" },
	{ R(RB "{\n\"users\":\"ignore\"}"), 1, 83, "users is of no use without window" },
	{ R(RB "{\"window\":[\"02:00-04:00\"],\n\"users\":\"kick\"}"), 2, 9,
	  "is neither \"wait\" nor \"ignore\"" },
	{ R(RB "{\n\"notice\":\"2h\"}"), 2, 10, "out of range" },
	{ R(RB "{\"force\":true},\n\"fails_on\":[\"fix-available\"]"), 1, 33,
	  "reboot.force needs \"restart-needed\" in fails_on" },
	{ R(RB "{}},\n{\"id\":\"q\",\"check\":\"patches\",\"grace\":\"0s\",\"reboot\":{}"), 1, 1,
	  "requirements[1].reboot: another one has it too" },
	{ R(FW ",\n\"contact\":\"a\\u001b[2Jb\""), 2, 11,
	  "\"a\\u001B[2Jb\" has a control character" },
	{ R(FW ",\n\"exposed\":[\"tcp/22\",\n\"icmp/8\"]"), 3, 1,
	  "requirements[0].exposed[1]: \"icmp/8\" is not a port, like \"tcp/22\"" },
	{ R(FW ",\n\"exposed\":\"tcp/22\""), 2, 11, "is not a list" },
	{ R(FW ",\n\"baseline\":true"), 1, 33, "requirements[0]: baseline needs exposed" },
	{ R(FW ",\n\"like\":[]"), 2, 8, "requirements[0].like" },
	{ R(FW ",\n\"like\":[\"last-good\",\n\"last-good\"]"), 3, 1,
	  "requirements[0].like[1]: \"last-good\" is neither \"last-good\", once" },
	{ R(FW ",\n\"like\":[\n\"00112233445566778899aabbccddeefF\"]"), 3, 1, "nor a fingerprint" },
	{ R(FW ",\n\"contact\":null"), 2, 11, "null is not a text" },
	{ R(FW "},\n{" FW), 2, 1, "requirements[1]: requirements[0] has the id \"f\" too" },
	{ "{\"mode\":\"enforce\",\"requirements\":[{" FW "}]}", 1, 1,
	  "mode \"enforce\" needs allow.policy" },
	{ "{\"mode\":\"enforce\",\"requirements\":[{" FW "}],\"allow\":{\"policy\":[]}}", 1, 1,
	  "mode \"enforce\" needs allow.policy" },
	{ A("\"who\":\"root\""), 2, 16,
	  "allow.who: \"root\" is neither \"repair\" nor \"everyone\"" },
	{ A("\"who\":true"), 2, 16, "allow.who: true is neither \"repair\" nor" },
	{ A("\"dhcp\":1"), 2, 17, "allow.dhcp: 1 is neither true nor false" },
	{ A("\"mirror\":[]"), 2, 19,
	  "allow.mirror: unknown member; there are: dns, dns_names, policy, mirrors, antivirus, "
	  "vpn, "
	  "helpdesk, resolvers, ntp, dhcp" },
	{ A("\"resolvers\":\"some\""), 2, 22, "\"some\" is neither a list of addresses nor" },
	{ A("\"resolvers\":[\"dns.example\"]"), 2, 23,
	  "allow.resolvers[0]: \"dns.example\" is not an address or a prefix; write" },
	{ A("\"ntp\":[\"192.0.2.1/24\"]"), 2, 17,
	  "allow.ntp[0]: \"192.0.2.1/24\" has bits set behind its prefix length" },
	{ A("\"ntp\":[\"2001:db8::1/64\"]"), 2, 17, "has bits set" },
	{ A("\"ntp\":[\"0.0.0.0/0\"]"), 2, 17, "opens too much of the internet" },
	{ A("\"ntp\":[\"::/0\"]"), 2, 17, "opens too much of the internet" },
	{ A("\"ntp\":[\"192.0.2.1/33\"]"), 2, 17, "is not an address" },
	{ A("\"ntp\":[\"192.0.2.0/024\"]"), 2, 17, "is not an address" },
	{ A("\"ntp\":[\"192.0.2.0/\"]"), 2, 17, "is not an address" },
	{ A("\"ntp\":[\"192.0.2\"]"), 2, 17, "is not an address" },
	{ A("\"ntp\":[\"fe80::1%eth0\"]"), 2, 17, "is not an address" },
	{ A("\"policy\":[{\"tcp\":[1]}]"), 2, 20, "allow.policy[0]: member \"to\" is missing" },
	{ A("\"policy\":[{\"to\":\"192.0.2.1\"}]"), 2, 20, "allow.policy[0]: names no port" },
	{ A("\"policy\":[{\"to\":\"192.0.2.1\",\"tcp\":[0]}]"), 2, 45,
	  "allow.policy[0].tcp[0]: 0 is not a port; from 1 to 65535" },
	{ A("\"policy\":[{\"to\":\"192.0.2.1\",\"udp\":[65536]}]"), 2, 45, "65536 is not a port" },
	{ A("\"policy\":[{\"to\":\"192.0.2.1\",\"tcp\":[\"22\"]}]"), 2, 45,
	  "\"22\" is not a port" },
	{ A("\"policy\":[{\"to\":\"192.0.2.1\",\"tcp\":[]}]"), 2, 44, "the list is empty" },
	{ A("\"dns\":\"all\""), 2, 16, "allow.dns: \"all\" is neither \"names\" nor \"any\"" },
	{ A("\"dns_names\":[\"a.b\",7]"), 2, 29,
	  "allow.dns_names[1]: 7 is not the name of a host" },
	{ A("\"dns_names\":[\"_srv\"]"), 2, 23, "\"_srv\" is not a whole name" },
	{ TO("m\\u00fcller.example"), 2, 26, "is not the name of a host; it has letters" },
	{ TO("mirror"), 2, 26,
	  "allow.policy[0].to: \"mirror\" is not a whole name; write it with its domain, "
	  "\"mirror.example\"" },
	{ TO("a..example"), 2, 26, "is not the name of a host" },
	{ TO("a.example."), 2, 26, "is not the name of a host" },
	{ TO("-a.example"), 2, 26, "is not the name of a host" },
	{ TO("a-.example"), 2, 26, "is not the name of a host" },
	{ TO("_http._tcp.a.example"), 2, 26, "is not the name of a host" },
	{ TO("a b.example"), 2, 26, "is not the name of a host" },
	{ TO("192.0.2.300"), 2, 26, "is not an address or a prefix" },
	{ TO("a.7"), 2, 26, "is not an address" },
	{ TO("a.example:443"), 2, 26, "is not an address" },
	{ TO(L50 "." L50 "." L50 "." L50), 2, 26, "has more than 200 characters" },
	{ TO(L50 "bbbbbbbbbbbbbb.example"), 2, 26, "is not the name of a host" },
	{ A("\"policy\":[{\"to\":\"a.example\"}]"), 2, 20, "names no port" },
	{ A("\"policy\":[{\"to\":\"192.0.2.1\",\"tcp\":[1],\"else\":[\"192.0.2.2\"]}]"), 2, 55,
	  "allow.policy[0].else: goes with a name in \"to\"" },
	{ A("\"policy\":[{\"to\":\"a.example\",\"tcp\":[1],\"within\":[\"0.0.0.0/0\"]}]"), 2, 58,
	  "allow.policy[0].within[0]: \"0.0.0.0/0\" opens too much" },
	{ A("\"policy\":[{\"to\":\"a.example\",\"tcp\":[1],\"within\":[]}]"), 2, 57,
	  "the list is empty" },
	{ A("\"policy\":[{\"to\":\"a.example\",\"tcp\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}"
	    "]"),
	  2, 84, "more than 16 ports for a name" },
	{ VPN("\"interface\":\"lo\",\"endpoint\":\"192.0.2.1\",\"udp\":[1]"), 2, 30,
	  "allow.vpn[0].interface: \"lo\" is not the name of a tunnel's link" },
	{ VPN("\"interface\":\"a/b\",\"endpoint\":\"192.0.2.1\",\"udp\":[1]"), 2, 30,
	  "is not the name" },
	{ VPN("\"interface\":\"sixteen-letters-\",\"endpoint\":\"192.0.2.1\",\"udp\":[1]"), 2, 30,
	  "is not the name of a tunnel's link; at most 15" },
	{ VPN("\"interface\":7,\"endpoint\":\"192.0.2.1\",\"udp\":[1]"), 2, 30, "is not the name" },
	{ VPN("\"interface\":\"wg0\",\"udp\":[1]"), 2, 17, "member \"endpoint\" is missing" },
	{ VPN("\"endpoint\":\"192.0.2.1\""), 2, 17, "names no port" },
	{ VPN("\"endpoint\":\"192.0.2.1\",\"udp\":[443,53]"), 2, 52,
	  "port 53 of a VPN's endpoint cannot be told from DNS" },
	{ VPN("\"endpoint\":\"192.0.2.1\",\"udp\":[1],\"within\":[\"192.0.2.0/24\"]"), 2, 60,
	  "goes with a name in \"endpoint\"" },
	{ A("\"helpdesk\":[{\"from\":\"a.example\",\"tcp\":[22]}]"), 2, 30, "is not an address" },
	{ A("\"helpdesk\":[{\"to\":\"192.0.2.1\",\"tcp\":[22]}]"), 2, 22,
	  "allow.helpdesk[0]: member \"from\" is missing" },
};

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

static void test_refusals(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		struct policy *p = (void *)1;
		struct fault f = { 0 };

		assert_int_equal(policy_parse(refusals[i].text, strlen(refusals[i].text), &p, &f),
				 -EINVAL);
		assert_ptr_equal(p, (void *)1);
		if (strstr(f.why, refusals[i].why) && f.line == refusals[i].line &&
		    f.col == refusals[i].col)
			continue;
		print_error("%s\nis refused at %u:%u with: %s\n", refusals[i].text, f.line, f.col,
			    f.why);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static struct deadlines read_deadlines(const char *text)
{
	struct policy *p = NULL;
	struct fault f = { 0 };
	struct deadlines d;

	if (policy_parse(text, strlen(text), &p, &f) < 0)
		fail_msg("%s", f.why);
	d = p->requirements[0].with.patches.deadlines;
	policy_free(p);
	return d;
}

/* Whatever a policy gives: worse never has longer, nor has a host that is worth more. */
static void assert_monotone(const struct deadlines *d)
{
	for (unsigned risk = 1; risk <= RISKS; risk++)
		for (int s = SEVERITY_LOW; s < SEVERITIES; s++) {
			uint64_t has = deadlines_allowed(d, (enum severity)s, risk);

			if (risk > 1)
				assert_true(has <=
					    deadlines_allowed(d, (enum severity)s, risk - 1));
			if (s > SEVERITY_LOW)
				assert_true(has <=
					    deadlines_allowed(d, (enum severity)(s - 1), risk));
		}
}

static void test_deadlines(void **state)
{
	struct deadlines none = read_deadlines(
				 R("\"id\":\"p\",\"check\":\"patches\",\"grace\":\"0s\"")),
			 preset = read_deadlines(R(PT "{}")),
			 own = read_deadlines(R(
				 PT "{\"risk\":4,\"unknown\":\"critical\",\"count\":\"reachable\","
				    "\"allowed\":" ROW("critical", "24h", "24h", "12h", "1h",
						       "0s") "}"));

	(void)state;
	assert_false(none.given);
	assert_true(preset.given && !preset.reachable && own.given && own.reachable);
	assert_monotone(&preset);
	assert_monotone(&own);
	assert_int_equal(deadlines_allowed(&preset, SEVERITY_CRITICAL, 5), 24 * 3600);
	assert_int_equal(deadlines_allowed(&preset, SEVERITY_HIGH, 5), 48 * 3600);
	assert_int_equal(deadlines_allowed(&preset, SEVERITY_UNKNOWN, 1), 60 * 86400);
	assert_int_equal(deadlines_allowed(&own, SEVERITY_UNKNOWN, 4), 3600);
	assert_int_equal(deadlines_allowed(&own, SEVERITY_HIGH, 5), 48 * 3600);
	/* A host may be worth more than its policy says, not less. */
	assert_int_equal(deadlines_risk(&preset, 0), RISK_DEFAULT);
	assert_int_equal(deadlines_risk(&preset, 1), 1);
	assert_int_equal(deadlines_risk(&own, 1), 4);
	assert_int_equal(deadlines_risk(&own, 5), 5);
}

static void test_reboot(void **state)
{
	static const char absent[] = R("\"id\":\"p\",\"check\":\"patches\",\"grace\":\"0s\"");
	static const char empty[] = R(RB "{}");
	static const char text[] = R(
		RB "{\"window\":[\"Sun 02:00-04:00\",\"22:00-01:00\"],\"users\":\"ignore\","
		   "\"force\":true,\"notice\":\"5min\"}");
	const struct reboot_rule *rule;
	struct policy *p;

	(void)state;
	assert_int_equal(policy_parse(absent, strlen(absent), &p, NULL), 0);
	assert_false(p->requirements[0].with.patches.reboot.given);
	policy_free(p);
	assert_int_equal(policy_parse(empty, strlen(empty), &p, NULL), 0);
	rule = &p->requirements[0].with.patches.reboot;
	assert_true(rule->given && !rule->n_windows && !rule->force && !rule->despite_users);
	assert_int_equal(rule->notice, REBOOT_NOTICE);
	policy_free(p);
	assert_int_equal(policy_parse(text, strlen(text), &p, NULL), 0);
	rule = &p->requirements[0].with.patches.reboot;
	assert_true(rule->given && rule->force && rule->despite_users);
	assert_int_equal(rule->n_windows, 2);
	assert_int_equal(rule->windows[0].days, 1);
	assert_int_equal(rule->windows[1].to, 60);
	assert_int_equal(rule->notice, 300);
	policy_free(p);
}

static void test_too_long(void **state)
{
	_free_ char *text = malloc(POLICY_FILE_MAX + 1);
	struct policy *p = NULL;
	struct fault f = { 0 };

	(void)state;
	memset(text, ' ', POLICY_FILE_MAX + 1);
	assert_int_equal(policy_parse(text, POLICY_FILE_MAX + 1, &p, &f), -EINVAL);
	assert_non_null(strstr(f.why, "longer than"));
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
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[200];
		struct allow a;
		int n = snprintf(text, sizeof(text), "{\"ntp\":[%s]}", rows[i].ntp);

		assert_int_equal(policy_parse_allow(text, (size_t)n, &a, NULL), 0);
		assert_int_equal(a.n_out, rows[i].n);
		allow_free(&a);
	}
}

/* The reason for an unknown member lists the known ones: each must stand in docs/policy.md. */
static void test_documented(void **state)
{
	static const char *const texts[] = {
		"{\"mode\":\"audit\",\"requirements\":[{" FW "}],\"?\":1}",
		R("\"id\":\"p\",\"check\":\"patches\",\"grace\":\"0s\",\"?\":1"),
		R("\"id\":\"p\",\"check\":\"antivirus\",\"grace\":\"0s\",\"?\":1"),
		R(FW ",\"?\":1"),
		A("\"?\":1"),
		S("\"after\":\"7d\",\"then\":\"keep\",\"?\":1"),
		CP(PROBE ",\"?\":1"),
		A("\"policy\":[{\"to\":\"192.0.2.1\",\"tcp\":[1],\"?\":1}]"),
		A("\"helpdesk\":[{\"from\":\"192.0.2.1\",\"tcp\":[1],\"?\":1}]"),
	};
	size_t len;
	_free_ char *doc = doc_read("policy.md", &len);

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct policy *p = NULL;
		struct fault f = { 0 };
		char *names, *name, quoted[80];

		assert_int_equal(policy_parse(texts[i], strlen(texts[i]), &p, &f), -EINVAL);
		names = strstr(f.why, "there are: ");
		assert_non_null(names);
		for (names += 11; (name = strsep(&names, ","));) {
			snprintf(quoted, sizeof(quoted), "`%s`", name + (*name == ' '));
			if (!strstr(doc, quoted))
				fail_msg("docs/policy.md does not explain %s", quoted);
		}
	}
	for (size_t i = 0; i < REMEDY_COUNT; i++)
		if (!strstr(doc, remedy_menu[i].name))
			fail_msg("docs/policy.md does not explain %s", remedy_menu[i].name);
}

/* The manual shows the example as it is. */
static void test_example_is_in_the_manual(void **state)
{
	size_t len;
	_free_ char *doc = doc_read("policy.md", &len);
	_free_ char *text = example(&len);

	(void)state;
	assert_non_null(strstr(doc, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_vpn),
		cmocka_unit_test(test_captive_portal),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_reboot),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_allow_alone),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_too_many_names),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_documented),
		cmocka_unit_test(test_example_is_in_the_manual),
	};

	return cmocka_run_group_tests_name("document", tests, NULL, NULL);
}
