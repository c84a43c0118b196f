// SPDX-License-Identifier: GPL-2.0-or-later
/* What the counting chains say, what of it is a leak, and what lists whatever goes past them. */
#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <linux/xdp_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "netfilter/bypass.h"
#include "netfilter/counts.h"
#include "netfilter/links.h"
#include "netfilter/quarantine.h"
#include "netfilter/route.h"
#include "tests/unit/netns.h"

static void test_what_is_a_leak(void **state)
{
	static const struct {
		const char *what;
		struct tally t;
		uint64_t least, most;
	} rows[] = {
		{ "nothing", { 0 }, 0, 0 },
		{ "what was let out", { 1000, 80000, 1000, 80000, 10 }, 0, 0 },
		{ "one that the hardware cut up", { 1, 65226, 46, 65226 + 45 * 66, 1 }, 0, 0 },
		{ "for a path of 576 bytes", { 10, 655360, 1250, 655360 + 1250 * 78, 1 }, 0, 0 },
		{ "small ones, padded and with check sums", { 100, 4200, 100, 6800, 1 }, 0, 0 },
		{ "a queue that was full before", { 0, 0, 64, 64 * 1514, 1 }, 0, 0 },
		{ "EAPOL for two days", { 10, 1000, 200, 30000, 2 * 86400 }, 0, 0 },
		{ "a driver that counts less", { 1000, 80000, 10, 800, 10 }, 0, 0 },
		{ "small ones past it", { 0, 0, 300, 300 * 60, 10 }, 230, 300 },
		{ "large ones past it", { 0, 0, 300, 300 * 1514, 10 }, 230, 900 },
		{ "beside what was let out", { 1000, 64000, 1500, 96000, 10 }, 300, 500 },
		{ "few of 64 KiB", { 0, 0, 20, 20 * 65226, 10 }, 1, UINT64_MAX },
		{ "a trickle for a day", { 100, 10000, 100 + 3000, 200000, 86400 }, 1400, 3000 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t n = tally_unexplained(&rows[i].t);

		if (n < rows[i].least || n > rows[i].most)
			fail_msg("%s: %llu", rows[i].what, (unsigned long long)n);
	}
}

static void lay(struct nft *nft)
{
	static struct peer far = { .family = AF_INET,
				   .proto = IPPROTO_UDP,
				   .prefix = 32,
				   .port = 9,
				   .addr = { 192, 0, 2, 2 } };
	const struct allow allow = { .out = &far, .n_out = 1 };
	struct fault f = { 0 };

	if (quarantine_lay(nft, &allow, &f) < 0)
		fail_msg("%s", f.why);
}

static struct count count_of(struct nft *nft, const char *link)
{
	struct counts counts;
	const struct count *c;
	struct count ret;

	assert_int_equal(counts_read(nft, &counts, NULL), 0);
	c = counts_find(&counts, link);
	assert_non_null(c);
	ret = *c;
	counts_free(&counts);
	return ret;
}

static struct link link_of(const char *name)
{
	struct links links;
	const struct link *l;
	struct link ret;

	assert_int_equal(links_read(&links, NULL), 0);
	l = links_find(&links, name);
	assert_non_null(l);
	ret = *l;
	links_free(&links);
	return ret;
}

/* Datagrams to 192.0.2.LAST. */
static void send_to(uint8_t last, int n)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(0xc0000200u | last);
	while (n--)
		(void)!sendto(fd, "lazaret", 7, 0, (struct sockaddr *)&to, sizeof(to));
}

static void test_what_is_let_out_is_counted(void **state)
{
	struct nft nft = open_nft();
	struct counts none;
	struct count before, after;
	struct link was, is;

	(void)state;
	assert_int_equal(counts_read(&nft, &none, NULL), 0);
	assert_int_equal(none.n, 0);
	assert_int_equal(
		system("ip link add c0 type veth peer name c1 && ip addr add 192.0.2.1/24 dev c0 &&"
		       " ip link set c0 arp off up && ip link set c1 up"),
		0);
	/* Until then a link that is up drops what it is to send. */
	assert_int_equal(
		system("timeout 10 sh -c 'until ip link show c0 | grep -q \"qdisc noqueue\";"
		       " do sleep 0.01; done'"),
		0);
	lay(&nft);
	before = count_of(&nft, "c0");
	was = link_of("c0");
	assert_false(was.bottom); /* its other side is here, too */
	send_to(2, 7);
	send_to(3, 11); /* not let out */
	after = count_of(&nft, "c0");
	is = link_of("c0");
	assert_int_equal(after.rule, before.rule);
	assert_in_range(after.packets - before.packets, 7, 10);
	assert_in_range(after.bytes - before.bytes, 7 * 49, 7 * 49 + 300); /* and IPv6's own */
	assert_in_range(is.sent_packets - was.sent_packets, 7, 10);
	assert_int_equal(quarantine_lift(&nft, NULL), 0);
	lay(&nft);
	assert_int_equal(count_of(&nft, "c0").packets, 0);
	assert_int_equal(quarantine_lift(&nft, NULL), 0);
	assert_int_equal(system("ip link del c0"), 0);
	nft_close(&nft);
}

static void read_bypasses(struct bypasses *ret)
{
	struct links links;
	struct fault f = { 0 };

	assert_int_equal(links_read(&links, &f), 0);
	if (bypass_read(&links, ret, &f) < 0)
		fail_msg("%s", f.why);
	links_free(&links);
}

/* At loopback too; once for a link, however many filters it has. */
static void test_filters_are_listed(void **state)
{
	static const char *const commands[] = {
		"tc qdisc add dev lo clsact",
		"tc filter add dev lo egress prio 1 u32 match u32 0 0 flowid 1:1",
		"tc filter add dev lo egress prio 2 u32 match u32 0 0 flowid 1:1",
		"tc filter add dev lo ingress u32 match u32 0 0 flowid 1:1",
		"tc qdisc del dev lo clsact",
	};
	static const size_t found[COUNT(commands)] = { 0, 1, 1, 1, 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(commands); i++) {
		struct bypasses b;

		assert_int_equal(system(commands[i]), 0);
		read_bypasses(&b);
		assert_int_equal(b.n, found[i]);
		if (b.n) {
			assert_int_equal(b.list[0].kind, BYPASS_TC);
			assert_int_equal(b.list[0].link, 1);
			assert_string_equal(b.list[0].name, "u32");
		}
		bypass_free(&b);
	}
}

static int pass_over(void *ctx, const struct nlmsghdr *h)
{
	(void)ctx, (void)h;
	return 0;
}

/* Can this kernel list them at all?  (CONFIG_XDP_SOCKETS_DIAG) */
static bool kernel_lists_sockets(void)
{
	struct {
		struct nlmsghdr h;
		struct xdp_diag_req r;
	} q = { { .nlmsg_len = sizeof(q), .nlmsg_type = SOCK_DIAG_BY_FAMILY },
		{ .sdiag_family = AF_XDP } };

	return route_dump(NETLINK_SOCK_DIAG, &q.h, pass_over, NULL) == 0;
}

static bool socket_is_listed(void)
{
	struct bypasses b;
	bool listed;

	read_bypasses(&b);
	listed = b.n == 1 && b.list[0].kind == BYPASS_SOCKET &&
		 b.list[0].link == if_nametoindex("c2");
	bypass_free(&b);
	return listed;
}

static void test_sockets_of_xdp_are_listed(void **state)
{
	const bool can = kernel_lists_sockets();
	const char *build = getenv("O");
	bool listed = false;
	char line[256];

	(void)state;
	printf("# AF_XDP sockets: %s\n", can ? "listed" : "not listed by this kernel");
	snprintf(line, sizeof(line),
		 "%s/tests/leak/shoot xdp LKT0000O dev=c2 from=192.0.2.1 to=192.0.2.2 hold=10000 &",
		 build ? build : "build");
	assert_int_equal(system("ip link add c2 type veth peer name c3 && ip link set c2 up"), 0);
	assert_false(socket_is_listed());
	assert_int_equal(system(can ? line : "true"), 0);
	for (int i = 0; can && !listed && i < 1000; i++) {
		usleep(10000);
		listed = socket_is_listed();
	}
	assert_int_equal(listed, can);
	assert_int_equal(system("ip link del c2"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_a_leak),
		cmocka_unit_test(test_what_is_let_out_is_counted),
		cmocka_unit_test(test_filters_are_listed),
		cmocka_unit_test(test_sockets_of_xdp_are_listed),
	};

	return cmocka_run_group_tests_name("counts", tests, enter_netns, NULL);
}
