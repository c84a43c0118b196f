// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/count.h"
#include "netfilter/late.h"
#include "netfilter/quarantine.h"
#include "tests/unit/netns.h"

#define LIST "nft list table inet lazaret"

static struct peer peer(const char *addr, uint8_t prefix, uint8_t proto, uint16_t port)
{
	struct peer p = { .family = strchr(addr, ':') ? AF_INET6 : AF_INET,
			  .proto = proto,
			  .prefix = prefix,
			  .port = port };

	assert_int_equal(inet_pton(p.family, addr, p.addr), 1);
	return p;
}

static void test_lay_edit_lift(void **state)
{
	struct peer out[] = { peer("192.0.2.1", 32, IPPROTO_TCP, 443),
			      peer("192.0.2.1", 32, IPPROTO_TCP, 443), /* twice */
			      peer("2001:db8::1", 128, IPPROTO_UDP, 123) };
	struct peer in[] = { peer("198.51.100.0", 24, IPPROTO_TCP, 22) };
	struct allow allow = { .out = out, .n_out = COUNT(out), .in = in, .n_in = COUNT(in) };
	const struct allow nothing = { 0 };
	struct nft nft = open_nft();
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(quarantine_present(&nft, &f), 0);
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	assert_non_null(strstr(shown(LIST), "192.0.2.1 . tcp . 443 }"));
	assert_non_null(strstr(shown(LIST), "2001:db8::1 . udp . 123 }"));
	assert_non_null(strstr(shown(LIST), "198.51.100.0/24 . tcp . 22 }"));

	allow.n_out = 0; /* a smaller list: what it lacks is gone */
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_null(strstr(shown(LIST), "192.0.2.1"));
	assert_null(strstr(shown(LIST), "set out4"));
	assert_int_equal(quarantine_lay(&nft, &nothing, &f), 0);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	assert_null(strstr(shown(LIST), "sport 53"));
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	assert_int_equal(quarantine_present(&nft, &f), 0);
	assert_string_equal(shown("nft list ruleset"), "");
	nft_close(&nft);
}

/* Whatever somebody did to it is seen, and laying it again puts it right. */
static void test_tampering_is_seen_and_repaired(void **state)
{
	static const char *const commands[] = {
		"nft flush chain inet lazaret output",
		"nft add chain inet lazaret input '{ policy accept; }'",
		"nft insert rule inet lazaret output accept",
		"nft delete chain inet lazaret forward",
		"nft 'add table inet lazaret { flags dormant; }'",
		"nft delete table inet lazaret",
		/* What cannot be edited into shape is replaced whole. */
		"nft 'delete chain inet lazaret forward; add chain inet lazaret forward { type "
		"filter hook forward priority 5; policy accept; }'",
		"nft 'delete table inet lazaret; add table inet lazaret; add chain inet lazaret "
		"input; add set inet lazaret out4 { type mark; }'",
	};
	struct peer out[] = { peer("192.0.2.1", 32, IPPROTO_TCP, 443) };
	const struct allow allow = { .out = out, .n_out = 1, .dns_any = true };
	struct nft nft = open_nft();
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	for (size_t i = 0; i < COUNT(commands); i++) {
		assert_int_equal(system(commands[i]), 0);
		assert_int_equal(quarantine_present(&nft, &f), 0);
		if (quarantine_lay(&nft, &allow, &f) < 0)
			fail_msg("%s: %s", commands[i], f.why);
		assert_int_equal(quarantine_present(&nft, &f), 1);
	}
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	nft_close(&nft);
}

/* The kernel takes no ranges that overlap; a wide prefix stands for those in it. */
static void test_prefixes(void **state)
{
	struct peer out[] = {
		peer("10.1.2.0", 24, IPPROTO_TCP, 80),	 peer("10.0.0.0", 8, IPPROTO_TCP, 80),
		peer("10.1.0.0", 16, IPPROTO_TCP, 80),	 peer("10.1.0.0", 16, IPPROTO_TCP, 443),
		peer("10.1.0.0", 16, IPPROTO_UDP, 80),	 peer("11.0.0.0", 8, IPPROTO_TCP, 80),
		peer("10.0.0.0", 8, IPPROTO_TCP, 80),	 peer("10.9.9.9", 32, IPPROTO_TCP, 80),
		peer("2001:db8::", 32, IPPROTO_TCP, 80), peer("2001:db8:1::", 48, IPPROTO_TCP, 80),
		peer("::", 0, IPPROTO_UDP, 123),
	};
	const struct allow allow = { .out = out, .n_out = COUNT(out) };
	struct nft nft = open_nft();
	struct fault f = { 0 };
	const char *text;

	(void)state;
	if (quarantine_lay(&nft, &allow, &f) < 0)
		fail_msg("%s", f.why);
	text = shown(LIST);
	assert_non_null(strstr(text, "10.0.0.0/8 . tcp . 80"));
	assert_non_null(strstr(text, "10.1.0.0/16 . tcp . 443"));
	assert_non_null(strstr(text, "10.1.0.0/16 . udp . 80"));
	assert_non_null(strstr(text, "11.0.0.0/8 . tcp . 80"));
	assert_non_null(strstr(text, "2001:db8::/32 . tcp . 80"));
	assert_null(strstr(text, "10.1.2.0/24"));
	assert_null(strstr(text, "2001:db8:1::/48"));
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	nft_close(&nft);
}

/* One range for ports in a row: each for itself, those of one prefix take the kernel minutes. */
static void test_ports_of_a_prefix(void **state)
{
	static struct peer out[2 * UINT16_MAX];
	const struct allow allow = { .out = out, .n_out = COUNT(out) };
	struct nft nft = open_nft();
	struct fault f = { 0 };
	const char *text;

	(void)state;
	for (unsigned i = 0; i < UINT16_MAX; i++) {
		const uint16_t port = (uint16_t)(UINT16_MAX - i);

		out[2 * i] = peer("10.0.0.0", 8, IPPROTO_TCP, port == 80 ? 81 : port);
		out[2 * i + 1] = peer("10.1.0.0", 16, port < 200 ? IPPROTO_TCP : IPPROTO_UDP, port);
	}
	if (quarantine_lay(&nft, &allow, &f) < 0)
		fail_msg("%s", f.why);
	text = shown(LIST);
	assert_non_null(strstr(text, "10.0.0.0/8 . tcp . 1-79"));
	assert_non_null(strstr(text, "10.0.0.0/8 . tcp . 81-65535"));
	assert_non_null(strstr(text, "10.1.0.0/16 . tcp . 80"));
	assert_non_null(strstr(text, "10.1.0.0/16 . udp . 200-65535"));
	assert_non_null(strstr(text, "size 20\n")); /* four, and room for more */
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	nft_close(&nft);
}

#define QUESTIONS "nft -a list chain inet lazaret question6 | grep -c accept"

/* Rules of names alone make another list; and the kernel takes as many as there can be. */
static void test_names_that_may_be_asked(void **state)
{
	struct peer out[] = { peer("192.0.2.53", 32, IPPROTO_UDP, 53) };
	struct name *names = calloc(ALLOW_NAMES_MAX, sizeof(*names));
	struct allow allow = {
		.out = out, .n_out = 1, .names = names, .n_names = 1, .dns_bound = true
	};
	struct nft nft = open_nft();
	struct fault f = { 0 };
	char *first;

	(void)state;
	for (int i = 0; i < ALLOW_NAMES_MAX; i++)
		sprintf(names[i].text, "%050d.%049d.%049d.%048da", i, i, i, i);
	assert_int_equal(strlen(names[0].text), NAMED_LENGTH);
	if (quarantine_lay(&nft, &allow, &f) < 0)
		fail_msg("%s", f.why);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	assert_int_equal(atoi(shown(QUESTIONS)), 2);
	first = strdup(shown("nft list chain inet lazaret question4"));
	names[0].text[0] = 'b';
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_string_not_equal(first, shown("nft list chain inet lazaret question4"));
	allow.n_names = ALLOW_NAMES_MAX;
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_int_equal(atoi(shown(QUESTIONS)), 2 * ALLOW_NAMES_MAX);
	allow.dns_bound = false;
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_int_equal(atoi(shown(QUESTIONS)), 0);
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	free(first);
	free(names);
	nft_close(&nft);
}

#define ELEMENTS "nft list set inet lazaret open4; nft list set netdev lazaret open4"
#define ASKED	 "nft -a list chain inet lazaret open-ask4 | grep -c accept"

/* What is open to every program leaves by the kernel's own doing, and is not mixed with the rest.
 */
static void test_what_is_open_for_a_while(void **state)
{
	struct peer out[] = { peer("192.0.2.1", 32, IPPROTO_TCP, 443) };
	struct peer open[] = { peer("198.51.100.7", 32, IPPROTO_TCP, 80),
			       peer("2001:db8::7", 128, IPPROTO_TCP, 80) };
	struct name name = { "portal.example" };
	struct allow allow = { .out = out, .n_out = 1, .open = open, .n_open = 2, .open_for = 60 };
	struct nft nft = open_nft();
	struct fault f = { 0 };

	(void)state;
	if (quarantine_lay(&nft, &allow, &f) < 0)
		fail_msg("%s", f.why);
	assert_non_null(strstr(shown(LIST), "2001:db8::7 . tcp . 80 "));
	assert_non_null(strstr(shown("nft list chain inet lazaret any4"), "@open4"));
	assert_null(strstr(shown("nft list set inet lazaret out4"), "198.51.100.7"));
	allow.open_names = &name;
	allow.n_open_names = 1;
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_int_equal(atoi(shown(ASKED)), 0); /* no resolver may be asked at all */
	allow.dns_any = true;
	allow.open_for = 1;
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_int_equal(atoi(shown(ASKED)), 2);
	for (int i = 0; i < 50 && strstr(shown(ELEMENTS), "198.51.100.7"); i++)
		assert_int_equal(system("sleep 0.1"), 0);
	assert_null(strstr(shown(ELEMENTS), "198.51.100.7"));
	assert_int_equal(quarantine_present(&nft, &f), 1);
	allow.n_open = 0;
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_null(strstr(shown(LIST), "@open4"));
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	nft_close(&nft);
}

static void test_the_longest_lists(void **state)
{
	struct peer *out = calloc(ALLOW_PEERS_MAX + 1, sizeof(*out));
	struct allow allow = {
		.out = out, .n_out = ALLOW_PEERS_MAX, .in = out, .n_in = ALLOW_PEERS_MAX / 2
	};
	struct nft nft = open_nft();
	struct fault f = { 0 };

	(void)state;
	for (uint32_t i = 0; i < ALLOW_PEERS_MAX + 1; i++) {
		const uint32_t n = htonl(0x0a000000 + i);

		out[i] = peer(i % 2 ? "10.0.0.0" : "2001:db8::", i % 2 ? 32 : 128, IPPROTO_TCP,
			      443);
		memcpy(out[i].addr + (i % 2 ? 0 : 12), &n, 4);
	}
	if (quarantine_lay(&nft, &allow, &f) < 0)
		fail_msg("%s", f.why);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	assert_int_equal(
		atoi(shown("nft list set inet lazaret out4-main | tr , '\\n' | grep -c '10[.]'")),
		ALLOW_PEERS_MAX / 2);
	/* All of them prefixes of IPv6: the largest messages there are. */
	for (uint32_t i = 0; i < ALLOW_PEERS_MAX; i++) {
		out[i] = peer("2001:db8::", 64, IPPROTO_UDP, 123);
		out[i].addr[5] = (uint8_t)(i >> 16);
		out[i].addr[6] = (uint8_t)(i >> 8);
		out[i].addr[7] = (uint8_t)i;
	}
	allow.n_in = 0;
	if (quarantine_lay(&nft, &allow, &f) < 0)
		fail_msg("%s", f.why);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	allow.n_out = ALLOW_PEERS_MAX + 1;
	assert_int_equal(quarantine_lay(&nft, &allow, &f), -E2BIG);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	free(out);
	nft_close(&nft);
}

static void test_bad_peers_change_nothing(void **state)
{
	struct peer bad[4];
	struct nft nft = open_nft();

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		bad[i] = peer("192.0.2.1", 32, IPPROTO_TCP, 443);
	bad[0].family = AF_UNIX;
	bad[1].prefix = 33;
	bad[2].proto = IPPROTO_ICMP;
	bad[3].port = 0;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const struct allow allow = { .out = &bad[i], .n_out = 1 };
		struct fault f = { 0 };

		assert_int_equal(quarantine_lay(&nft, &allow, &f), -EINVAL);
		assert_non_null(strstr(f.why, "peer 1 of the outbound list"));
	}
	assert_string_equal(shown("nft list ruleset"), "");
	nft_close(&nft);
}

static int said(const char *command)
{
	return atoi(shown(command));
}

#define BASES "nft list table netdev lazaret | grep -c 'hook .*gress device'"

/* A link has its three chains, whatever the links do meanwhile. */
static void test_links_come_and_go(void **state)
{
	const struct allow allow = { .dhcp_any = true };
	struct nft nft = open_nft();
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(quarantine_cover(&nft, &f), 0); /* nothing to hold */
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_int_equal(said(BASES), 0);
	assert_int_equal(quarantine_cover(&nft, &f), 0);
	assert_int_equal(system("ip link add n2a type veth peer name n2b"), 0);
	assert_int_equal(quarantine_present(&nft, &f), 0);
	assert_int_equal(quarantine_cover(&nft, &f), 1);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	assert_int_equal(said(BASES), 6);
	assert_int_equal(system("ip link set n2a name n2c"), 0);
	assert_int_equal(quarantine_present(&nft, &f), 0);
	assert_int_equal(quarantine_cover(&nft, &f), 1);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	assert_non_null(strstr(shown("nft list table netdev lazaret"), "egress.n2c"));
	assert_null(strstr(shown("nft list table netdev lazaret"), "n2a"));
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0); /* again, over those that are */
	assert_int_equal(said(BASES), 6);
	assert_int_equal(system("ip link del n2b"), 0);
	quarantine_cover(&nft, &f);
	assert_int_equal(said(BASES), 0);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	assert_string_equal(shown("nft list ruleset"), "");
	nft_close(&nft);
}

static void test_tampering_at_links(void **state)
{
	static const char *const commands[] = {
		"nft delete table netdev lazaret",
		"nft 'add chain netdev lazaret egress.n2a { policy accept; }'",
		"nft insert rule netdev lazaret egress.n2a accept",
		"nft flush chain netdev lazaret egress.n2a",
		"nft delete chain netdev lazaret ingress.n2b",
		"nft delete chain netdev lazaret sent.n2a",
		"nft 'add table netdev lazaret { flags dormant; }'",
	};
	const struct allow allow = { .dhcp_any = true };
	struct nft nft = open_nft();
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(system("ip link add n2a type veth peer name n2b"), 0);
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	for (size_t i = 0; i < COUNT(commands); i++) {
		if (system(commands[i]))
			fail_msg("%s", commands[i]);
		assert_int_equal(quarantine_present(&nft, &f), 0);
		if (quarantine_lay(&nft, &allow, &f) < 0)
			fail_msg("%s: %s", commands[i], f.why);
		assert_int_equal(quarantine_present(&nft, &f), 1);
	}
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	assert_int_equal(system("ip link del n2a"), 0);
	nft_close(&nft);
}

/* Expressions that the kernel is to lack: it is asked for others, and refuses as if it did. */
static const char *const *missing;

static void rename_missing(char *bytes, size_t n)
{
	for (size_t i = 0; missing && missing[i]; i++) {
		const size_t len = strlen(missing[i]) + 1;

		for (size_t at = 0; at + len <= n; at++) {
			if (!memcmp(bytes + at, missing[i], len))
				bytes[at] = 'X';
		}
	}
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	size_t n = 0, len = 0;
	char *whole;
	ssize_t r;

	for (size_t i = 0; i < m->msg_iovlen; i++)
		n += m->msg_iov[i].iov_len;
	whole = malloc(n + 1);
	assert_non_null(whole);
	for (size_t i = 0; i < m->msg_iovlen; len += m->msg_iov[i++].iov_len)
		memcpy(whole + len, m->msg_iov[i].iov_base, m->msg_iov[i].iov_len);
	rename_missing(whole, n);
	r = send(fd, whole, n, flags);
	free(whole);
	return r;
}

/* The other side of a link to which a quarantined host speaks: is its address found? */
#define REACH                                                                                \
	"unshare -n sleep 20 >&2 & peer=$!; "                                                \
	"until [ \"$(cat /proc/$peer/comm)\" = sleep ]; do sleep 0.01; done; "               \
	"ip link add n2a type veth peer name n2b && ip link set n2b netns $peer && "         \
	"ip addr add 192.0.2.2/24 dev n2a && ip link set n2a up && "                         \
	"nsenter -t $peer -n sh -c 'ip addr add 192.0.2.1/24 dev n2b; ip link set n2b up'; " \
	"echo $peer"

static void assert_reaches_neighbour(struct nft *nft, const struct allow *allow)
{
	const char *found = "";
	char command[64];
	int peer = said("{ " REACH "; } 2>/dev/null | tail -n 1");

	assert_true(peer > 0);
	assert_int_equal(quarantine_lay(nft, allow, NULL), 0);
	assert_int_equal(quarantine_present(nft, NULL), 1);
	for (int i = 0; i < 50 && !*found; i++) {
		(void)!system("timeout 1 bash -c 'echo x >/dev/udp/192.0.2.1/123' 2>/dev/null");
		found = shown("ip neigh show 192.0.2.1 | grep lladdr || sleep 0.1");
	}
	assert_string_not_equal(found, "");
	snprintf(command, sizeof(command), "kill %d", peer);
	assert_int_equal(system(command), 0);
}

static void test_a_kernel_that_lacks_something(void **state)
{
	static const char *const rows[][3] = { { "limit" }, { "reject" }, { "limit", "reject" } };
	struct peer out[] = { peer("192.0.2.1", 32, IPPROTO_UDP, 123) };
	struct name name = { "example.org" };
	struct allow allow = { .out = out,
			       .n_out = 1,
			       .names = &name,
			       .n_names = 1,
			       .dns_any = true,
			       .dns_bound = true,
			       .dhcp_any = true,
			       .everyone = true };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nft nft = open_nft();
		struct fault f = { 0 };

		missing = rows[i];
		if (quarantine_lay(&nft, &allow, &f) < 0)
			fail_msg("%s: %s", rows[i][0], f.why);
		assert_int_equal(nft.lacks.limit, i != 1);
		assert_int_equal(nft.lacks.reject, i != 0);
		assert_int_equal(*shown("nft list ruleset | grep 'limit rate'") != 0,
				 !nft.lacks.limit);
		assert_int_equal(*shown("nft list ruleset | grep reject") != 0, !nft.lacks.reject);
		assert_int_equal(quarantine_present(&nft, &f), 1);
		out[0].port++;
		assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
		out[0].port--;
		if (i == 0)
			assert_reaches_neighbour(&nft, &allow);
		missing = NULL;
		assert_int_equal(quarantine_lift(&nft, &f), 0);
		nft_close(&nft);
	}
}

/* What is no answer to the question is an error, as is a kernel that lacks what there must be. */
static void test_a_kernel_that_lacks_too_much(void **state)
{
	static const char *const must[] = { "lookup", NULL };
	const struct peer one = peer("192.0.2.1", 32, IPPROTO_TCP, 443);
	const struct allow allow = { .out = (struct peer *)&one, .n_out = 1, .everyone = true };
	struct nft nft = open_nft();
	struct fault f = { 0 };

	(void)state;
	missing = must;
	assert_int_equal(quarantine_lay(&nft, &allow, &f), -ENOENT);
	missing = NULL;
	assert_false(nft.lacks.limit || nft.lacks.reject);
	assert_string_equal(shown("nft list ruleset"), "");
	nft_close(&nft);
}

/* An end of a dump, of which the ruleset changed meanwhile or not. */
static void end_dump(int fd, uint32_t seq, bool changed)
{
	const struct nlmsghdr h = { .nlmsg_len = sizeof(h),
				    .nlmsg_type = NLMSG_DONE,
				    .nlmsg_flags = changed ? NLM_F_DUMP_INTR : 0,
				    .nlmsg_seq = seq };

	assert_int_equal(send(fd, &h, sizeof(h), 0), sizeof(h));
}

/* Others change theirs all day (containers, bans): that is no reason to know nothing of ours. */
static void test_a_ruleset_that_changes_meanwhile(void **state)
{
	struct late late = { .removed = 1 };
	struct nft nft = { .seq = 7 };
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds), 0);
	nft.fd = fds[0];
	for (uint32_t seq = 7; seq < 11; seq++)
		end_dump(fds[1], seq, seq % 2);
	assert_int_equal(quarantine_present(&nft, NULL), 0);
	assert_int_equal(late_remove(&nft, &late, NULL), 0);
	assert_int_equal(late.removed, 0);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lay_edit_lift),
		cmocka_unit_test(test_tampering_is_seen_and_repaired),
		cmocka_unit_test(test_links_come_and_go),
		cmocka_unit_test(test_tampering_at_links),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_ports_of_a_prefix),
		cmocka_unit_test(test_names_that_may_be_asked),
		cmocka_unit_test(test_what_is_open_for_a_while),
		cmocka_unit_test(test_a_ruleset_that_changes_meanwhile),
		cmocka_unit_test(test_a_kernel_that_lacks_something),
		cmocka_unit_test(test_a_kernel_that_lacks_too_much),
		cmocka_unit_test(test_the_longest_lists),
		cmocka_unit_test(test_bad_peers_change_nothing),
	};

	return cmocka_run_group_tests_name("quarantine", tests, enter_netns, NULL);
}
