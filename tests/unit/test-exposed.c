// SPDX-License-Identifier: GPL-2.0-or-later
/* What others can reach: ports that listen, forwards, and what the policy exposes. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "agent/base/count.h"
#include "agent/posture/holders.h"
#include "agent/posture/posture.h"
#include "netfilter/listen.h"
#include "tests/unit/firewalls.h"

static int listener(int family, int type, int protocol, const char *addr, uint16_t port)
{
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	assert_true(fd >= 0);
	inet_pton(family, addr, family == AF_INET ? (void *)&a4.sin_addr : &a6.sin6_addr);
	assert_int_equal(bind(fd, family == AF_INET ? (void *)&a4 : (void *)&a6,
			      family == AF_INET ? sizeof(a4) : sizeof(a6)),
			 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static bool has(const struct listeners *l, uint8_t family, uint8_t protocol, uint16_t port,
		bool both)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->list[i].family == family && l->list[i].protocol == protocol &&
		    l->list[i].port == port && l->list[i].both == both)
			return true;
	return false;
}

static void test_listeners(void **state)
{
	static const struct {
		int family, type;
		const char *addr;
		uint16_t port;
	} apart[] = {
		{ AF_INET, SOCK_STREAM, "127.0.0.1", 81 },
		{ AF_INET, SOCK_DGRAM, "127.0.0.53", 82 },
		{ AF_INET6, SOCK_STREAM, "::1", 83 },
		{ AF_INET6, SOCK_STREAM, "::ffff:127.0.0.1", 84 },
		{ AF_INET, SOCK_DGRAM, "224.0.0.251", 85 },
	};
	int tcp = listener(AF_INET, SOCK_STREAM, 0, "0.0.0.0", 22);
	int both = listener(AF_INET6, SOCK_STREAM, 0, "::", 80);
	int udp = listener(AF_INET6, SOCK_DGRAM, 0, "::", 53);
	int busy = listener(AF_INET, SOCK_DGRAM, 0, "0.0.0.0", 54), fds[8];
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(1),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct fault fault = { 0 };
	struct listeners l;

	(void)state;
	for (size_t i = 0; i < COUNT(apart); i++)
		fds[i] = listener(apart[i].family, apart[i].type, 0, apart[i].addr, apart[i].port);
	assert_int_equal(connect(busy, (void *)&to, sizeof(to)), 0);
	if (listen_read(&l, &fault) < 0)
		fail_msg("%s", fault.why);
	assert_int_equal(l.n, 3);
	assert_true(has(&l, NFPROTO_IPV4, IPPROTO_TCP, 22, false));
	assert_true(has(&l, NFPROTO_IPV6, IPPROTO_TCP, 80, true));
	assert_true(has(&l, NFPROTO_IPV6, IPPROTO_UDP, 53, true));
	assert_true(l.list[0].cgroup != 0);
	for (size_t i = 0; i < COUNT(apart); i++)
		close(fds[i]);
	close(tcp), close(both), close(udp), close(busy);
}

static void test_exposed(void **state)
{
	const struct exposed any = { 0 }, none = { .demanded = true },
			     ssh = { true, 1, { { IPPROTO_TCP, 20, 22 } } };
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int tcp = listener(AF_INET6, SOCK_STREAM, 0, "::", 22);
	int dhcp = listener(AF_INET, SOCK_DGRAM, 0, "0.0.0.0", 68);
	struct holders held = { .n = 1, .list = { { .pid = 812, .name = "sshd" } } };
	struct finding f;
	struct stat st;

	(void)state;
	look_with("", none, root, &f);
	assert_int_equal(f.grade, GRADE_PASS);
	assert_string_equal(evidence(&f, "exposed")->what, "nothing that listens can be reached");
	look_with("tcp dport 22 accept; udp dport 68 accept;", any, root, &f);
	assert_int_equal(f.grade, GRADE_PASS);
	assert_false(evidence(&f, "exposed")->demanded);
	assert_string_equal(evidence(&f, "exposed")->what, "others can reach tcp/22, udp/68");
	assert_int_equal(f.n_items, 2);
	assert_non_null(strstr(f.items[0], "tcp/22"));
	assert_non_null(strstr(f.items[0], "(uid 0), IPv4 and IPv6"));
	assert_true(f.nameless);
	assert_int_equal(fstat(tcp, &st), 0);
	held.list[0].inode = (uint32_t)st.st_ino;
	holders = &held;
	look_with("tcp dport 22 accept; udp dport 68 accept;", ssh, root, &f);
	holders = NULL;
	assert_non_null(strstr(f.items[0], " by sshd[812]"));
	assert_non_null(strstr(f.items[0], "(uid 0), IPv4 and IPv6"));
	assert_int_equal(f.grade, GRADE_PASS);
	assert_true(evidence(&f, "exposed")->demanded);
	look_with("tcp dport 22 accept;", none, root, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	assert_string_equal(f.what, "others can reach what the policy does not expose: tcp/22");
	look_with("meta nfproto ipv6 tcp dport 22 accept;", none, root, &f);
	assert_non_null(strstr(f.items[0], "(uid 0), IPv6"));
	close(tcp);
	tcp = listener(AF_INET, SOCK_STREAM, 0, "0.0.0.0", 8);
	look_with("tcp dport { 8, 80 } accept;", any, root, &f);
	assert_string_equal(evidence(&f, "exposed")->what, "others can reach tcp/8");
	close(tcp);
	tcp = listener(AF_INET, SOCK_STREAM, 0, "0.0.0.0", 80);
	look_with("accept;", any, root, &f);
	assert_non_null(strstr(evidence(&f, "exposed")->what, "tcp/80, udp/68"));
	close(tcp), close(dhcp), close(root);
}

/* Anybody may open as many sockets as he likes: that must not cut the host off. */
static void test_many_listeners(void **state)
{
	const struct exposed none = { .demanded = true };
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), fds[LISTENERS_MAX + 50];
	const size_t n = COUNT(fds);
	struct finding f;

	(void)state;
	for (size_t i = 0; i < n; i++)
		fds[i] = listener(AF_INET6, SOCK_DGRAM, 0, "::", (uint16_t)(20000 + i));
	look_with("tcp dport 22 accept;", none, root, &f);
	assert_int_equal(f.grade, GRADE_PASS);
	assert_string_equal(evidence(&f, "exposed")->what, "nothing that listens can be reached");
	look_with("udp dport 20300-20301 accept;", none, root, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	assert_string_equal(
		evidence(&f, "exposed")->what,
		"others can reach what the policy does not expose: udp/20300, udp/20301");
	look_with("udp dport & 1 == 1 drop;", none, root, &f);
	assert_int_equal(f.grade, GRADE_UNKNOWN);
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	close(root);
}

static void test_forwards(void **state)
{
	const struct exposed none = { .demanded = true },
			     web = { true, 1, { { IPPROTO_TCP, 8080, 8080 } } };
	const char *rules =
		"} \n chain p { type nat hook prerouting priority -100; tcp dport 8080 dnat "
		"ip to 172.17.0.2:80;";
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct finding f;

	(void)state;
	look_with(rules, web, root, &f);
	assert_int_equal(f.grade, GRADE_PASS);
	assert_string_equal(evidence(&f, "forwards")->what,
			    "past the rules for what comes in: tcp/8080 to 172.17.0.2 port 80");
	look_with(rules, none, root, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	look_with("", none, root, &f);
	assert_int_equal(f.grade, GRADE_PASS);
	assert_int_equal(evidence(&f, "forwards")->grade, GRADE_PASS);
	assert_string_equal(evidence(&f, "forwards")->what,
			    "nothing is led past the rules for what comes in");
	close(root);
}

/* As Docker publishes a port for this host alone: others do not come by that address. */
static void test_neighbours(void **state)
{
	const struct exposed none = { .demanded = true };
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct finding f;

	(void)state;
	look_with("} \n chain p { type nat hook prerouting priority -100; ip daddr 127.0.0.1 tcp "
		  "dport 5432 dnat ip to 172.17.0.2; iifname virbr0 udp dport 53 redirect to "
		  ":5353;",
		  none, root, &f);
	assert_int_equal(f.grade, GRADE_PASS);
	assert_string_equal(evidence(&f, "neighbours")->what,
			    "who is on the same link can reach, by way of this host: tcp/5432 to "
			    "172.17.0.2");
	assert_false(evidence(&f, "neighbours")->demanded);
	close(root);
}

static void test_ranges(void **state)
{
	static const char *const bad[] = { "",	     "tcp",	"tcp/",	     "tcp/0",	"tcp/65536",
					   "tcp/1-", "tcp/2-1", "icmp/1",    "tcp/ 1",	"tcp/1 ",
					   "TCP/1",  "tcp/+1",	"tcp/1-2-3", "tcp/1-x", "22" };
	struct exposed e = { .demanded = true, .n = 2 };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_true(exposed_range(bad[i], &e.list[0]) < 0);
	assert_int_equal(exposed_range("udp/6000-6007", &e.list[0]), 0);
	assert_int_equal(exposed_range("sctp/65535", &e.list[1]), 0);
	assert_true(exposed_may(&e, IPPROTO_UDP, 6000, 6007));
	assert_true(exposed_may(&e, IPPROTO_SCTP, 65535, 65535));
	assert_false(exposed_may(&e, IPPROTO_UDP, 6000, 6008));
	assert_false(exposed_may(&e, IPPROTO_TCP, 6000, 6000));
	e.demanded = false;
	assert_true(exposed_may(&e, IPPROTO_TCP, 1, 65535));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listeners),      cmocka_unit_test(test_exposed),
		cmocka_unit_test(test_many_listeners), cmocka_unit_test(test_forwards),
		cmocka_unit_test(test_neighbours),     cmocka_unit_test(test_ranges),
	};

	return cmocka_run_group_tests_name("exposed", tests, enter, NULL);
}
