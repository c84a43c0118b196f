// SPDX-License-Identifier: GPL-2.0-or-later
/* What is no policy, and where and why it is refused. */
#include <errno.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "policy/document.h"
#include "tests/unit/doc.h"
#include "tests/unit/policies.h"
#include "tests/unit/test.h"

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

static void test_refusals(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests_name("refusals", tests, NULL, NULL);
}
