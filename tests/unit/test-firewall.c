// SPDX-License-Identifier: GPL-2.0-or-later
/* The look at the firewall, over real sockets and a real ruleset in a namespace of its own. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "agent/base/count.h"
#include "agent/posture/likeness.h"
#include "agent/posture/posture.h"
#include "netfilter/baseline.h"
#include "netfilter/listen.h"
#include "netfilter/survey.h"
#include "netfilter/table.h"
#include "tests/unit/netns.h"

#define CLOSED "table inet t { chain c { type filter hook input priority 0; policy drop; %s } }"

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

static const struct evidence *evidence(const struct finding *f, const char *probe)
{
	for (size_t i = 0; i < f->n_evidence; i++)
		if (!strcmp(f->evidence[i].probe, probe))
			return &f->evidence[i];
	fail_msg("no evidence of %s in \"%s\"", probe, f->what);
	return NULL;
}

static void look_with(const char *rules, struct exposed exposed, int root, struct finding *ret)
{
	struct requirement req = { .check = CHECK_FIREWALL, .with.firewall.exposed = exposed };
	struct nft nft = open_nft();
	struct host host = { .root = root, .nft = &nft };
	char text[1000];

	snprintf(text, sizeof(text), CLOSED, rules);
	load_rules(text);
	*ret = (struct finding){ 0 };
	posture_look(&req, &host, ret);
	nft_close(&nft);
}

static void test_exposed(void **state)
{
	const struct exposed any = { 0 }, none = { .demanded = true },
			     ssh = { true, 1, { { IPPROTO_TCP, 20, 22 } } };
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int tcp = listener(AF_INET6, SOCK_STREAM, 0, "::", 22);
	int dhcp = listener(AF_INET, SOCK_DGRAM, 0, "0.0.0.0", 68);
	struct finding f;

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
	look_with("tcp dport 22 accept; udp dport 68 accept;", ssh, root, &f);
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
	close(root);
}

static void put_file(const char *dir, const char *name, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "mkdir -p $(dirname %s/%s)", dir, name);
	assert_int_equal(system(path), 0);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void test_front_ends(void **state)
{
	char dir[] = "/tmp/test-firewall-XXXXXX", clean[80];
	const struct exposed any = { 0 };
	struct finding f;
	int root;

	(void)state;
	assert_non_null(mkdtemp(dir));
	root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	put_file(dir, "etc/ufw/ufw.conf", "# x\nENABLED=yes\n");
	put_file(dir, "etc/default/ufw", "DEFAULT_INPUT_POLICY=\"DROP\"\n");
	put_file(dir, "usr/lib/systemd/system/firewalld.service",
		 "[Service]\nExecStart=/x\n[Install]\nWantedBy=multi-user.target\n");
	put_file(dir, "etc/firewalld/firewalld.conf", "DefaultZone=trusted\n");
	look_with("", any, root, &f);
	assert_int_equal(f.grade, GRADE_PASS);
	assert_int_equal(evidence(&f, "ufw")->grade, GRADE_PASS);
	assert_int_equal(evidence(&f, "firewalld.service")->grade, GRADE_FAIL);
	assert_int_equal(evidence(&f, "default zone")->grade, GRADE_FAIL);
	put_file(dir, "etc/default/ufw", "DEFAULT_INPUT_POLICY=\"ACCEPT\"\n");
	look_with("", any, root, &f);
	assert_int_equal(evidence(&f, "ufw")->grade, GRADE_FAIL);
	put_file(dir, "etc/ufw/ufw.conf", "ENABLED=no\n");
	put_file(dir, "proc/self/net/ip_tables_names", "nat\nfilter\n");
	look_with("", any, root, &f);
	assert_string_equal(evidence(&f, "ufw")->what, "ufw says it is off");
	assert_int_equal(f.grade, GRADE_PASS);
	look_with("accept;", any, root, &f);
	assert_int_equal(f.grade, GRADE_UNKNOWN);
	assert_non_null(strstr(f.what, "iptables-legacy"));
	put_file(dir, "proc/self/net/ip_tables_names", "nat\n");
	look_with("accept;", any, root, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	close(root);
	snprintf(clean, sizeof(clean), "rm -rf %s", dir);
	assert_int_equal(system(clean), 0);
}

/* The firewall as it is, compared by what the requirement says. */
static enum grade like(struct kept_firewall *k, const struct like *demand, struct finding *f)
{
	struct nft nft = open_nft();
	const struct requirement req = { .check = CHECK_FIREWALL, .with.firewall.like = *demand };
	const struct host host = { .root = -1, .nft = &nft, .now = 1795262400, .firewall = k };

	*f = (struct finding){ 0 };
	posture_look(&req, &host, f);
	nft_close(&nft);
	return f->grade;
}

static void test_like(void **state)
{
	static const char rules[] = "table inet t { chain c { type filter hook input priority 0; "
				    "policy drop; tcp dport 22 accept; } }";
	static struct kept_firewall k;
	const struct like any = { 0 }, last = { .last_good = true };
	struct like named = { .n = 1 }, either = { .last_good = true, .n = 1 };
	struct finding f;

	(void)state;
	load_rules(rules);
	assert_int_equal(like(&k, &last, &f), GRADE_PASS); /* the first one */
	assert_true(k.seen && k.own);
	k.good = k.now;
	k.at = 1795262400;
	assert_int_equal(like(&k, &last, &f), GRADE_PASS);
	assert_string_equal(evidence(&f, "likeness")->what,
			    "as it was kept on 2026-11-21 12:00 UTC");
	assert_int_equal(system("nft add rule inet t c tcp dport 4444 accept"), 0);
	assert_int_equal(like(&k, &any, &f), GRADE_PASS);
	assert_int_equal(evidence(&f, "likeness")->grade, GRADE_FAIL);
	assert_int_equal(like(&k, &last, &f), GRADE_FAIL);
	assert_string_equal(f.what, "not as kept on 2026-11-21 12:00 UTC: inet t c has 2 rules, "
				    "not 1");
	assert_non_null(strstr(f.todo, "--accept"));
	assert_int_equal(like(&k, &named, &f), GRADE_FAIL);
	assert_true(like_parse(evidence(&f, "fingerprint")->what, named.list[0]));
	assert_true(like_parse(k.now.text, either.list[0]));
	assert_int_equal(like(&k, &named, &f), GRADE_PASS);
	assert_int_equal(like(&k, &either, &f), GRADE_PASS);
	load_rules(rules);
	assert_int_equal(like(&k, &named, &f), GRADE_FAIL);
	assert_int_equal(like(&k, &either, &f), GRADE_PASS);
	assert_int_equal(like(NULL, &last, &f), GRADE_UNKNOWN);
	assert_int_equal(like(NULL, &any, &f), GRADE_PASS);
}

static void test_baseline(void **state)
{
	const struct baseline_port open[] = { { IPPROTO_TCP, 22, 22 },
					      { IPPROTO_UDP, 30000, 40000 } };
	struct survey_port ports[] = {
		{ NFPROTO_IPV4, IPPROTO_TCP, 22, false, false },
		{ NFPROTO_IPV6, IPPROTO_TCP, 22, false, false },
		{ NFPROTO_IPV4, IPPROTO_UDP, 40000, false, false },
		{ NFPROTO_IPV4, IPPROTO_TCP, 23, true, false },
		{ NFPROTO_IPV6, IPPROTO_UDP, 40001, true, false },
	};
	struct nft nft = open_nft();
	struct fault fault = { 0 };
	struct survey s;

	(void)state;
	load_rules("");
	assert_int_equal(baseline_retire(&nft, &fault), 0);
	assert_int_equal(baseline_remove(&nft, &fault), 0);
	for (int i = 0; i < 2; i++) /* the second time in place of the first */
		if (baseline_lay(&nft, open, 2, &fault) < 0)
			fail_msg("%s", fault.why);
	assert_int_equal(survey_ports(&nft, ports, 5, &s, &fault), 0);
	assert_true(s.closed4 && s.closed6 && !s.without_baseline);
	assert_string_equal(s.by4, "inet " BASELINE_TABLE " input");
	assert_true(ports[0].open && ports[1].open && ports[2].open);
	assert_false(ports[3].open || ports[4].open);
	assert_int_equal(baseline_retire(&nft, &fault), 0);
	assert_int_equal(system("nft 'table inet t { chain c { type filter hook input priority 5; "
				"policy drop; }; }'"),
			 0);
	assert_int_equal(baseline_retire(&nft, &fault), 1);
	assert_int_equal(survey_inbound(&nft, &s, &fault), 0);
	assert_true(s.without_baseline);
	assert_string_equal(s.by4, "inet t c");
	nft_close(&nft);
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

static unsigned moves; /* that the ruleset still makes, one each time somebody asks */

int __real_nft_generation(struct nft *nft, uint32_t *ret, struct fault *fault);
int __wrap_nft_generation(struct nft *nft, uint32_t *ret, struct fault *fault);
int __wrap_nft_generation(struct nft *nft, uint32_t *ret, struct fault *fault)
{
	int r = __real_nft_generation(nft, ret, fault);

	if (r == 0 && moves)
		*ret += moves--;
	return r;
}

int __wrap_nanosleep(const struct timespec *t, struct timespec *left);
int __wrap_nanosleep(const struct timespec *t, struct timespec *left)
{
	(void)t, (void)left;
	return 0;
}

/* Looks at that second, while the ruleset moves so often. */
static enum grade look_moving(struct nft *nft, unsigned n, int64_t now, struct finding *f)
{
	static const struct requirement req = { .check = CHECK_FIREWALL };
	const struct host host = { .root = -1, .nft = nft, .now = now };

	moves = n;
	posture_look(&req, &host, f);
	moves = 0;
	return finding_counts(f);
}

/* Rules that come one by one: read once they leave the time for it, and else not judged at once. */
static void test_moving(void **state)
{
	static const enum grade were[] = { GRADE_PASS, GRADE_FAIL };
	const unsigned for_ever = 10000;
	struct nft nft = open_nft();

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct finding f = { 0 };

		load_rules("");
		if (were[i] == GRADE_PASS)
			assert_int_equal(system("nft 'table inet t { chain c { type filter hook "
						"input priority 0; policy drop; }; }'"),
					 0);
		/* Nothing was seen before: then it is not known. */
		assert_int_equal(look_moving(&nft, for_ever, 1000, &f), GRADE_UNKNOWN);
		assert_int_equal(f.meanwhile, 0);
		assert_int_equal(look_moving(&nft, for_ever, 1001, &f), GRADE_UNKNOWN);
		assert_int_equal(look_moving(&nft, 11, 2000, &f), were[i]);
		assert_int_equal(f.grade, were[i]);
		/* Ten seconds from the first that did not see it, and not from the last. */
		for (int64_t now = 3000; now < 3010; now++) {
			assert_int_equal(look_moving(&nft, for_ever, now, &f), were[i]);
			assert_int_equal(f.grade, GRADE_UNKNOWN);
			assert_int_equal(f.meanwhile, 3010);
		}
		assert_int_equal(look_moving(&nft, for_ever, 3010, &f), GRADE_UNKNOWN);
		assert_int_equal(look_moving(&nft, for_ever, 3011, &f), GRADE_UNKNOWN);
		/* One that was seen begins it anew; a clock that is set back does not. */
		assert_int_equal(look_moving(&nft, 0, 3020, &f), were[i]);
		assert_int_equal(look_moving(&nft, for_ever, 3021, &f), were[i]);
		assert_int_equal(look_moving(&nft, for_ever, 3020, &f), GRADE_UNKNOWN);
	}
	nft_close(&nft);
}

static int enter(void **state)
{
	int r = enter_netns(state);

	return r < 0 ? r : system("ip link set lo up") ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listeners),      cmocka_unit_test(test_exposed),
		cmocka_unit_test(test_many_listeners), cmocka_unit_test(test_forwards),
		cmocka_unit_test(test_front_ends),     cmocka_unit_test(test_like),
		cmocka_unit_test(test_ranges),	       cmocka_unit_test(test_baseline),
		cmocka_unit_test(test_moving),
	};

	return cmocka_run_group_tests_name("firewall", tests, enter, NULL);
}
