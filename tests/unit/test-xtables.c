// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules of iptables-legacy: the survey says the same of them as of those that iptables-nft lays. */
#include <errno.h>

#include "tests/unit/iptables.h"

static const struct laid_row rows[] = {
	/* Policies. */
	{ V4 | V6, "", "open" ALL },
	{ V4 | V6, ":INPUT DROP", CLOSED },
	{ V4 | V6, ":FORWARD DROP; :OUTPUT DROP", "open" ALL "; cut by filter OUTPUT" },
	{ V4 | V6, CLOSING "-A INPUT -j ACCEPT", OPENED ALL },
	{ V4 | V6, "-A INPUT -j DROP", CLOSED },
	{ V4 | V6, "-A INPUT -j ACCEPT; -A INPUT -j DROP", OPENED ALL },
	/* Rules without a target, and those that leave a packet to the next. */
	{ V4 | V6, CLOSING "-A INPUT; -A INPUT -p tcp; -A INPUT -p tcp --dport 22 -j ACCEPT",
	  CLOSED "; tcp/22" },
	{ V4 | V6,
	  CLOSING
	  "-A INPUT -j LOG; -A INPUT -j MARK --set-mark 1; -A INPUT -p udp --dport 53 -j ACCEPT",
	  CLOSED "; udp/53" },
	{ V4 | V6, CLOSING "-A INPUT -j LOG; -A INPUT -p tcp -j ACCEPT",
	  "open at filter INPUT 2" TCP },
	/* Own chains: there and back, or there only. */
	{ V4 | V6, ":own -; -A INPUT -j own; -A INPUT -j DROP", CLOSED },
	{ V4 | V6, ":own -; -A own -j DROP; -A INPUT -j own", CLOSED },
	{ V4 | V6, CLOSING ":own -; -A own -j ACCEPT; -A INPUT -j own",
	  "open at filter own 1 from filter INPUT 1" ALL },
	{ V4 | V6, CLOSING ":own -; -A own -j ACCEPT; -A INPUT -p tcp --dport 22 -j own",
	  CLOSED "; tcp/22" },
	{ V4 | V6, CLOSING ":own -; -A own -j RETURN; -A own -j ACCEPT; -A INPUT -j own", CLOSED },
	{ V4 | V6, CLOSING ":own -; -A own -p tcp -j RETURN; -A own -j ACCEPT; -A INPUT -j own",
	  "open at filter own 2 from filter INPUT 1" UDP },
	{ V4 | V6,
	  CLOSING ":own -; -A own -p tcp --dport 22 -j RETURN; -A own -p tcp -j ACCEPT; -A INPUT "
		  "-j own; -A INPUT -p tcp --dport 22 -j DROP",
	  "open at filter own 2 from filter INPUT 1; tcp/80; tcp/8080" },
	{ V4 | V6,
	  CLOSING ":own -; -A own -p tcp --dport 80 -j ACCEPT; -A own -j RETURN; -A INPUT -j own; "
		  "-A INPUT -p tcp --dport 22 -j ACCEPT",
	  CLOSED "; tcp/22; tcp/80" },
	{ V4 | V6,
	  ":own -; -A INPUT -j own; -A INPUT -p tcp -j DROP; -A INPUT -p udp -j DROP; -A own -j "
	  "RETURN",
	  CLOSED },
	{ V4 | V6, ":own -; -A INPUT -g own; -A INPUT -j DROP", "open" ALL },
	{ V4 | V6, CLOSING ":own -; -A INPUT -g own; -A INPUT -j ACCEPT", CLOSED },
	{ V4 | V6,
	  CLOSING ":own -; -A own -p tcp --dport 22 -j ACCEPT; -A INPUT -p tcp -g own; -A INPUT -p "
		  "tcp --dport 80 -j ACCEPT",
	  CLOSED "; tcp/22" },
	{ V4 | V6,
	  ":a -; :b -; -A b -j RETURN; -A a -g b; -A a -j DROP; -A INPUT -j a; -A INPUT -p tcp "
	  "--dport 22 -j ACCEPT; -A INPUT -j DROP",
	  CLOSED "; tcp/22" },
	{ V4 | V6, ":a -; :b -; -A b -j DROP; -A a -j b; -A INPUT -j a", CLOSED },
	{ V4 | V6, CLOSING ":z -; :m -; :a -; -A z -j m; -A m -j a; -A a -j ACCEPT; -A INPUT -j z",
	  "open at filter a 1 by filter z from filter INPUT 1" ALL },
	{ V4 | V6, CLOSING ":own -; -A own -j ACCEPT; -A FORWARD -j own", CLOSED },
	{ V4 | V6,
	  CLOSING ":e1 -; :e2 -; :e3 -; -A INPUT -j e1; -A INPUT -g e3; -A INPUT -j ACCEPT",
	  CLOSED },
	/* A return where a packet came in: the policy. */
	{ V4 | V6,
	  CLOSING "-A INPUT -p tcp --dport 22 -j ACCEPT; -A INPUT -j RETURN; -A INPUT -j ACCEPT",
	  CLOSED "; tcp/22" },
	{ V4 | V6, "-A INPUT -p tcp -j RETURN; -A INPUT -j DROP", "open" TCP },
	/* Addresses. */
	{ V4, CLOSING "-A INPUT -s 192.0.2.7 -j ACCEPT", CLOSED },
	{ V4, CLOSING "-A INPUT -s 10.0.0.0/8 -j ACCEPT", CLOSED },
	{ V4, CLOSING "-A INPUT -s 128.0.0.0/1 -j ACCEPT", OPENED ALL },
	{ V4, CLOSING "-A INPUT -s 0.0.0.0/0 -j ACCEPT", OPENED ALL },
	{ V4, CLOSING "-A INPUT ! -s 10.0.0.0/8 -j ACCEPT", OPENED ALL },
	{ V4, "-A INPUT ! -s 10.0.0.0/8 -j DROP", "open" ALL },
	{ V4, "-A INPUT ! -s 192.0.2.7 -j DROP", "open" ALL },
	{ V4, CLOSING "-A INPUT -s 10.0.0.1/255.0.0.255 -j ACCEPT", CLOSED },
	{ V4, CLOSING "-A INPUT -s 0.0.0.1/0.0.0.1 -j ACCEPT", OPENED ALL },
	{ V4, CLOSING "-A INPUT -d 192.0.2.1 -j ACCEPT", OPENED ALL },
	{ V4, CLOSING "-A INPUT ! -d 192.0.2.1 -j ACCEPT", OPENED ALL },
	{ V4, CLOSING "-A INPUT -d 224.0.0.0/4 -j ACCEPT", CLOSED UDP },
	{ V4, CLOSING "-A INPUT -d 224.0.0.251 -p udp --dport 5353 -j ACCEPT", CLOSED },
	{ V4, CLOSING "-A INPUT -d 255.255.255.255 -j ACCEPT", CLOSED UDP },
	{ V4, CLOSING "-A INPUT -s 10.0.0.0/8 -d 192.0.2.1 -p tcp --dport 22 -j ACCEPT", CLOSED },
	{ V4, "-A INPUT -s 0.0.0.0/1 -j DROP; -A INPUT -s 128.0.0.0/1 -j DROP", "open" ALL },
	{ V4,
	  CLOSING
	  "-A INPUT -s 0.0.0.0/4 -j ACCEPT; -A INPUT -s 16.0.0.0/4 -j ACCEPT; -A INPUT -s "
	  "32.0.0.0/4 -j ACCEPT; -A INPUT -s 48.0.0.0/4 -j ACCEPT; -A INPUT -s 64.0.0.0/4 -j "
	  "ACCEPT; -A INPUT -s 80.0.0.0/4 -j ACCEPT; -A INPUT -s 96.0.0.0/4 -j ACCEPT; -A INPUT -s "
	  "112.0.0.0/4 -j ACCEPT; -A INPUT -s 128.0.0.0/4 -j ACCEPT; -A INPUT -s 144.0.0.0/4 -j "
	  "ACCEPT; -A INPUT -s 160.0.0.0/4 -j ACCEPT; -A INPUT -s 176.0.0.0/4 -j ACCEPT; -A INPUT "
	  "-s 192.0.0.0/4 -j ACCEPT; -A INPUT -s 208.0.0.0/4 -j ACCEPT; -A INPUT -s 224.0.0.0/4 -j "
	  "ACCEPT; -A INPUT -s 240.0.0.0/4 -j ACCEPT",
	  OPENED ALL },
	{ V6, CLOSING "-A INPUT -s 2001:db8::7 -j ACCEPT", CLOSED },
	{ V6, CLOSING "-A INPUT -s 2000::/3 -j ACCEPT", OPENED ALL },
	{ V6, CLOSING "-A INPUT -s ::/0 -j ACCEPT", OPENED ALL },
	{ V6, CLOSING "-A INPUT -s fe80::/10 -j ACCEPT", CLOSED },
	{ V6, CLOSING "-A INPUT ! -s fe80::/10 -j ACCEPT", OPENED ALL },
	{ V6, "-A INPUT ! -s 2001:db8::/32 -j DROP", "open" ALL },
	{ V6, CLOSING "-A INPUT -d ff02::fb -p udp --dport 5353 -j ACCEPT", CLOSED },
	{ V6, CLOSING "-A INPUT -d ff00::/8 -j ACCEPT", CLOSED UDP },
	{ V6, CLOSING "-A INPUT -d 2001:db8::1 -j ACCEPT", OPENED ALL },
	{ V6, CLOSING "-A INPUT -s ::1/::1 -j ACCEPT", OPENED ALL },
	/* Links. */
	{ V4 | V6, CLOSING "-A INPUT -i lo -j ACCEPT", CLOSED },
	{ V4 | V6, CLOSING "-A INPUT ! -i lo -j ACCEPT", OPENED ALL },
	{ V4 | V6, "-A INPUT ! -i lo -j DROP", CLOSED },
	{ V4 | V6, CLOSING "-A INPUT -i eth0 -j ACCEPT", OPENED ALL },
	{ V4 | V6, CLOSING "-A INPUT -i eth+ -j ACCEPT", OPENED ALL },
	{ V4 | V6, CLOSING "-A INPUT -i + -j ACCEPT", OPENED ALL },
	/* iptables-nft asks for a link of a name that none has, which the survey cannot tell. */
	{ V4 | V6 | ALONE, CLOSING "-A INPUT ! -i + -j ACCEPT", CLOSED },
	{ V4 | V6, "-A INPUT ! -i + -j DROP", "open" ALL },
	{ V4 | V6, "-A INPUT -i + -j DROP", CLOSED },
	{ V4 | V6, CLOSING "-A INPUT -i docker0 -j ACCEPT", CLOSED },
	{ V4 | V6, CLOSING "-A INPUT -i docker+ -j ACCEPT", CLOSED },
	{ V4 | V6, CLOSING "-A INPUT -i d+ -j ACCEPT", OPENED ALL },
	{ V4 | V6, CLOSING "-A INPUT ! -i docker0 -j ACCEPT", OPENED ALL },
	{ V4 | V6, CLOSING "-A INPUT -i l+ -j ACCEPT", OPENED ALL },
	{ V4 | V6, CLOSING "-A INPUT -i abcdefghijklmno -j ACCEPT", OPENED ALL },
	{ V4 | V6, "-A INPUT ! -i docker0 -j DROP", "open" ALL },
	{ V4 | V6, CLOSING ":own -; -A own -o eth0 -j ACCEPT; -A INPUT -j own",
	  "open at filter own 1 from filter INPUT 1" ALL },
	{ V4 | V6, CLOSING ":own -; -A own -o docker0 -j ACCEPT; -A INPUT -j own",
	  "open at filter own 1 from filter INPUT 1" ALL },
	{ V4 | V6, CLOSING ":own -; -A own ! -o eth0 -j ACCEPT; -A INPUT -j own",
	  "open at filter own 1 from filter INPUT 1" ALL },
	{ V4 | V6 | ALONE, CLOSING ":own -; -A own ! -o + -j ACCEPT; -A INPUT -j own", CLOSED },
	{ V4 | V6, ":own -; -A own -o eth0 -j DROP; -A INPUT -j own", "open" ALL },
	/* Protocols. */
	{ V4 | V6, CLOSING "-A INPUT -p tcp -j ACCEPT", OPENED TCP },
	{ V4 | V6, CLOSING "-A INPUT -p udp -j ACCEPT", OPENED UDP },
	{ V4 | V6, CLOSING "-A INPUT ! -p tcp -j ACCEPT", OPENED UDP },
	{ V4 | V6, CLOSING "-A INPUT -p all -j ACCEPT", OPENED ALL },
	{ V4 | V6, CLOSING "-A INPUT -p 47 -j ACCEPT", CLOSED },
	{ V4 | V6, "-A INPUT ! -p 58 -j DROP", CLOSED },
	{ V4 | V6, "-A INPUT -p tcp -j DROP", "open" UDP },
	{ V4 | V6, "-A INPUT -p tcp -j DROP; -A INPUT -p udp -j DROP", CLOSED },
	{ V4, CLOSING "-A INPUT -p icmp -j ACCEPT", CLOSED },
	{ V4, CLOSING "-A INPUT -p icmp --icmp-type echo-request -j ACCEPT", CLOSED },
	{ V6, CLOSING "-A INPUT -p ipv6-icmp -j ACCEPT", CLOSED },
	{ V6, CLOSING "-A INPUT -p ipv6-icmp --icmpv6-type 128 -j ACCEPT", CLOSED },
	/* Fragments come behind a packet's beginning. */
	{ V4, CLOSING "-A INPUT -f -j ACCEPT", OPENED ALL },
	{ V4, CLOSING "-A INPUT ! -f -j ACCEPT", OPENED ALL },
	{ V4, "-A INPUT -f -j DROP", "open" ALL },
	{ V4, "-A INPUT ! -f -j DROP", "open" ALL },
	/* Ports. */
	{ V4 | V6,
	  CLOSING
	  "-A INPUT -p tcp --dport 22 -j ACCEPT; -A INPUT -p udp --dport 5000:5999 -j ACCEPT",
	  CLOSED "; tcp/22; udp/5000; udp/5353" },
	{ V4 | V6, CLOSING "-A INPUT -p tcp ! --dport 22 -j ACCEPT", OPENED "; tcp/80; tcp/8080" },
	{ V4 | V6, CLOSING "-A INPUT -p tcp --dport 0:65535 -j ACCEPT", OPENED TCP },
	{ V4 | V6, CLOSING "-A INPUT -p udp --dport 1024: -j ACCEPT", OPENED UDP },
	{ V4 | V6, CLOSING "-A INPUT -p udp --dport :1023 -j ACCEPT", CLOSED "; udp/53" },
	{ V4 | V6, CLOSING "-A INPUT -p udp --sport 53 -j ACCEPT", OPENED UDP },
	/* iptables-nft asks for both ports at once, as for one field. */
	{ V4 | V6 | ALONE, CLOSING "-A INPUT -p udp --sport 53 --dport 5353 -j ACCEPT",
	  CLOSED "; udp/5353" },
	{ V4 | V6, CLOSING "-A INPUT -p tcp --syn -j ACCEPT", OPENED TCP },
	{ V4 | V6, CLOSING "-A INPUT -p tcp ! --syn -j ACCEPT", CLOSED },
	{ V4 | V6, "-A INPUT -p tcp --syn -j DROP; -A INPUT -p udp -j DROP", CLOSED },
	{ V4 | V6, CLOSING "-A INPUT -p tcp --tcp-flags ALL FIN,PSH,URG -j ACCEPT", CLOSED },
	{ V4 | V6, CLOSING "-A INPUT -p tcp -m multiport --dports 22,80 -j ACCEPT",
	  CLOSED "; tcp/22; tcp/80" },
	{ V4 | V6, CLOSING "-A INPUT -p tcp -m multiport --dports 1:1000,8000:9000 -j ACCEPT",
	  CLOSED TCP },
	{ V4 | V6, CLOSING "-A INPUT -p tcp -m multiport ! --dports 22,80 -j ACCEPT",
	  OPENED "; tcp/8080" },
	{ V4 | V6, CLOSING "-A INPUT -p udp -m multiport --ports 53,5353 -j ACCEPT", OPENED UDP },
	{ V4 | V6, CLOSING "-A INPUT -p udp -m multiport --sports 53 -j ACCEPT", OPENED UDP },
	{ V4 | V6, "-A INPUT -p tcp -m multiport --dports 22,80 -j REJECT --reject-with tcp-reset",
	  "open; tcp/8080" UDP },
	/* Connections. */
	{ V4 | V6, CLOSING "-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
	  CLOSED },
	{ V4 | V6, CLOSING "-A INPUT -m conntrack --ctstate NEW -j ACCEPT", OPENED ALL },
	{ V4 | V6, CLOSING "-A INPUT -m conntrack ! --ctstate INVALID -j ACCEPT", OPENED ALL },
	{ V4, "-A INPUT -m conntrack --ctstate NEW -j DROP", CLOSED },
	{ V6, "-A INPUT -m conntrack --ctstate NEW -j DROP", "open" UDP },
	{ V4 | V6, "-A INPUT -m conntrack --ctstate NEW,INVALID -j DROP", CLOSED },
	{ V4 | V6, "-A INPUT -m state --state NEW,INVALID -j DROP", CLOSED },
	{ V4 | V6,
	  CLOSING "-A INPUT -m state --state ESTABLISHED -j ACCEPT; -A INPUT -m state --state NEW "
		  "-p tcp --dport 22 -j ACCEPT",
	  CLOSED "; tcp/22" },
	{ V4, CLOSING "-A INPUT -m state ! --state NEW -j ACCEPT", CLOSED },
	{ V6, CLOSING "-A INPUT -m state ! --state NEW -j ACCEPT", OPENED UDP },
	{ V4 | V6, CLOSING "-A INPUT -m conntrack --ctstate DNAT -j ACCEPT", CLOSED },
	{ V4 | V6, CLOSING "-A INPUT -m conntrack --ctstatus NONE -j ACCEPT", CLOSED },
	{ V4, CLOSING "-A INPUT -m conntrack --ctorigsrc 10.0.0.0/8 -j ACCEPT", CLOSED },
	/* Marks. */
	{ V4 | V6, CLOSING "-A INPUT -m mark --mark 1 -j ACCEPT", CLOSED },
	{ V4 | V6, CLOSING "-A INPUT -m mark ! --mark 1 -j ACCEPT", OPENED ALL },
	{ V4 | V6, CLOSING "-A INPUT -m mark --mark 0/0xff -j ACCEPT", OPENED ALL },
	{ V4 | V6,
	  "*mangle; -A PREROUTING -j MARK --set-mark 1; *filter; :INPUT DROP; -A INPUT -m mark "
	  "--mark 1 -j ACCEPT",
	  OPENED ALL },
	{ V4 | V6,
	  "*mangle; -A PREROUTING -j MARK --set-mark 2; *filter; :INPUT DROP; -A INPUT -m mark "
	  "--mark 1/1 -j ACCEPT",
	  CLOSED },
	{ V4 | V6, CLOSING "-A INPUT -m connmark --mark 1 -j ACCEPT", CLOSED },
	{ V4 | V6,
	  "*mangle; -A PREROUTING -j CONNMARK --set-mark 1; *filter; :INPUT DROP; -A INPUT -m "
	  "connmark --mark 1 -j ACCEPT",
	  OPENED ALL },
	/* What else is asked. */
	{ V4 | V6, CLOSING "-A INPUT -m addrtype --dst-type LOCAL -j ACCEPT", OPENED ALL },
	{ V4 | V6, CLOSING "-A INPUT -m addrtype ! --dst-type LOCAL -j ACCEPT", CLOSED UDP },
	{ V4 | V6,
	  CLOSING "-A INPUT -m addrtype --dst-type MULTICAST -p udp --dport 5353 -j ACCEPT",
	  CLOSED "; udp/5353" },
	{ V4, CLOSING "-A INPUT -m iprange --src-range 10.0.0.1-10.0.0.9 -j ACCEPT", CLOSED },
	{ V4, CLOSING "-A INPUT -m iprange ! --src-range 10.0.0.1-10.0.0.9 -j ACCEPT", OPENED ALL },
	{ V6, CLOSING "-A INPUT -m iprange --src-range 2001:db8::1-2001:db8::9 -j ACCEPT", CLOSED },
	{ V4 | V6, CLOSING "-A INPUT -m mac --mac-source 02:00:00:00:00:08 -j ACCEPT", CLOSED },
	{ V4 | V6, CLOSING "-A INPUT -m pkttype --pkt-type multicast -j ACCEPT", OPENED UDP },
	{ V4 | V6, "-A INPUT -m pkttype --pkt-type unicast -j DROP", "open" UDP },
	{ V4 | V6, CLOSING "-A INPUT -m policy --dir in --pol ipsec -j ACCEPT", CLOSED },
	{ V4 | V6, CLOSING "-A INPUT -m policy --dir in --pol none -j ACCEPT", OPENED ALL },
	{ V4 | V6, CLOSING "-A INPUT -m limit --limit 3/s -j ACCEPT", OPENED ALL },
	{ V4 | V6, "-A INPUT -m limit --limit 3/s -j DROP", "open" ALL },
	{ V4 | V6, CLOSING "-A INPUT -p tcp --dport 22 -m limit --limit 3/s -j ACCEPT",
	  CLOSED "; tcp/22" },
	{ V4 | V6, CLOSING "-A INPUT -p tcp --dport 22 -m comment --comment shell -j ACCEPT",
	  CLOSED "; tcp/22" },
	{ V4 | V6, CLOSING "-A INPUT -m comment --comment all -j ACCEPT", OPENED ALL },
	{ V4 | V6,
	  CLOSING "-A INPUT -p tcp --dport 22 -m recent --name s --update --seconds 60 --hitcount "
		  "9 -j DROP; -A INPUT -p tcp --dport 22 -j ACCEPT",
	  CLOSED "; tcp/22" },
	{ V4 | V6,
	  CLOSING "-A INPUT -p tcp --dport 80 -m hashlimit --hashlimit-upto 9/s --hashlimit-name h "
		  "--hashlimit-mode srcip -j ACCEPT",
	  CLOSED "; tcp/80" },
	{ V4 | V6, CLOSING "-A INPUT -m time --timestart 10:00 --timestop 11:00 -j ACCEPT",
	  OPENED ALL },
	{ V4 | V6, CLOSING "-A INPUT -m u32 --u32 \"0&0xf=0\" -j ACCEPT", OPENED ALL },
	{ V4,
	  "*mangle; -A PREROUTING -j TEE --gateway 127.0.0.1; *filter; " CLOSING
	  "-A INPUT -i lo -j ACCEPT",
	  OPENED ALL },
	/* What is done. */
	{ V4 | V6, "-A INPUT -j REJECT", CLOSED },
	{ V4 | V6, "-A INPUT -p tcp -j REJECT --reject-with tcp-reset; -A INPUT -j DROP", CLOSED },
	{ V4 | V6, CLOSING "-A INPUT -j NFQUEUE --queue-num 1", OPENED ALL },
	{ V4 | V6, CLOSING "-A INPUT -p tcp --dport 22 -j NFQUEUE --queue-num 1",
	  CLOSED "; tcp/22" },
	/* nf_tables takes no such verdict. */
	{ V4 | V6 | ALONE, CLOSING "-A INPUT -j QUEUE", OPENED ALL },
	{ V4 | V6 | ALONE, CLOSING "-A INPUT -p tcp --dport 22 -j QUEUE", CLOSED "; tcp/22" },
};

static void test_rows(void **state)
{
	(void)state;
	check_rows(rows, COUNT(rows));
}

/* What cannot be read leaves what was. */
static void test_none(void **state)
{
	struct fault fault = { 0 };
	struct xtables x = { 0 };
	size_t before;

	(void)state;
	need_iptables_legacy();
	assert_int_equal(xtables_read(NFPROTO_IPV6, "raw", &x, NULL), 0);
	before = x.len;
	assert_true(before > 0);
	assert_int_equal(xtables_read(NFPROTO_IPV4, "nonsense", &x, NULL), -ENOENT);
	assert_int_equal(seteuid(65534), 0);
	assert_int_equal(xtables_read(NFPROTO_IPV6, "filter", &x, &fault), -EPERM);
	assert_int_equal(seteuid(0), 0);
	assert_string_equal(fault.why,
			    "cannot read ip6tables-legacy filter: CAP_NET_ADMIN is missing");
	assert_int_equal(x.len, before);
	xtables_free(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests_name("xtables", tests, enter_both, NULL);
}
