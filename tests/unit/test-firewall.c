// SPDX-License-Identifier: GPL-2.0-or-later
/* The look at the firewall: front ends, likeness, and rules that change while they are read. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/count.h"
#include "agent/posture/likeness.h"
#include "agent/posture/posture.h"
#include "tests/unit/firewalls.h"
#include "tests/unit/netns.h"

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
	put_file(dir, "usr/lib/systemd/system/netfilter-persistent.service", "[Install]\n");
	put_file(dir, "etc/systemd/system/ufw.service", "");
	put_file(dir, "usr/lib/systemd/system/nftables.service", "[Install]\n");
	put_file(dir, "etc/systemd/system/nftables.service", "[Service]\nExecStart=/bin/true\n");
	look_with("", any, root, &f);
	assert_string_equal(evidence(&f, "netfilter-persistent.service")->what,
			    "netfilter-persistent.service is not enabled at boot");
	assert_string_equal(evidence(&f, "ufw.service")->what,
			    "ufw.service is masked by /etc/systemd/system/ufw.service");
	assert_string_equal(
		evidence(&f, "nftables.service")->what,
		"nftables.service is overridden by /etc/systemd/system/nftables.service");
	assert_int_equal(evidence(&f, "nftables.service")->grade, GRADE_FAIL);
	put_file(dir, "etc/default/ufw", "DEFAULT_INPUT_POLICY=\"ACCEPT\"\n");
	look_with("", any, root, &f);
	assert_int_equal(evidence(&f, "ufw")->grade, GRADE_FAIL);
	put_file(dir, "etc/ufw/ufw.conf", "ENABLED=no\n");
	put_file(dir, "proc/self/net/ip_tables_names", "nat\nfilter\n");
	look_with("", any, root, &f);
	assert_string_equal(evidence(&f, "ufw")->what, "ufw says it is off");
	assert_int_equal(f.grade, GRADE_PASS);
	look_with("accept;", any, root, &f);
	/* Of the other family they say nothing. */
	assert_int_equal(f.grade, GRADE_FAIL);
	assert_string_equal(f.what, "inbound IPv6 is open by inet t c, rule 1 (handle 2)");
	assert_int_equal(evidence(&f, "IPv4")->grade, GRADE_UNKNOWN);
	look_with("meta nfproto ipv4 accept;", any, root, &f);
	assert_int_equal(f.grade, GRADE_UNKNOWN);
	assert_non_null(strstr(f.what, "IPv4 is open but for rules of iptables-legacy"));
	look_with("meta nfproto ipv6 accept;", any, root, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	assert_string_equal(f.what, "inbound IPv6 is open by inet t c, rule 1 (handle 2); IPv4 is "
				    "closed by inet t c");
	put_file(dir, "proc/self/net/ip6_tables_names", "filter\n");
	look_with("accept;", any, root, &f);
	assert_int_equal(f.grade, GRADE_UNKNOWN);
	assert_string_equal(
		evidence(&f, "iptables-legacy")->what,
		"cannot be judged: iptables-legacy's filter and nat, ip6tables-legacy's "
		"filter");
	put_file(dir, "proc/self/net/ip6_tables_names", "nat\n");
	put_file(dir, "proc/self/net/ip_tables_names", "nat\n");
	look_with("accept;", any, root, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	close(root);
	snprintf(clean, sizeof(clean), "rm -rf %s", dir);
	assert_int_equal(system(clean), 0);
}

#define INPUT "type filter hook input priority 0; policy "
#define SEE_C "see it: nft -a list chain inet t c"

/* Which rule lets others in, and what to do about it. */
static void test_openings(void **state)
{
	static const struct {
		const char *rules, *what, *todo;
	} rows[] = {
		{ "", "inbound is open for IPv4 and IPv6: no chain denies what no rule names",
		  "close it with the firewall this host uses, for instance: ufw enable" },
		{ "chain c { " INPUT "accept; tcp dport 22 accept; }",
		  "inbound is open for IPv4 and IPv6: no chain denies what no rule names",
		  "let a chain deny what no rule names; see them: nft list ruleset" },
		{ "chain c { " INPUT "drop; ct state established accept; tcp dport 22 accept; "
		  "meta cpu 7 accept; }",
		  "inbound is open for IPv4 and IPv6 by inet t c, rule 3 (handle 4)", SEE_C },
		/* Where the rule stands, and not the jump to it. */
		{ "chain d { udp dport 5 accept; meta cpu 7 accept; }\nchain c { " INPUT
		  "drop; tcp dport 22 jump d; meta cpu 8 jump d; }",
		  "inbound is open for IPv4 and IPv6 by inet t d, rule 2 (handle 4)",
		  "see it: nft -a list chain inet t d" },
		{ "chain c { " INPUT "accept; meta cpu 7 accept; drop; }",
		  "inbound is open for IPv4 and IPv6 by inet t c, rule 1 (handle 2)", SEE_C },
		/* One that accepts everything before is not what opens it. */
		{ "chain b { type filter hook input priority -10; policy accept; accept; }\nchain "
		  "c "
		  "{ " INPUT "drop; ct state new accept; }",
		  "inbound is open for IPv4 and IPv6 by inet t c, rule 1 (handle 4)", SEE_C },
		{ "chain c { " INPUT "drop; meta nfproto ipv4 meta cpu 7 accept; meta nfproto "
		  "ipv6 meta cpu 7 accept; }",
		  "inbound is open for IPv4 by inet t c, rule 1 (handle 2), for IPv6 by inet t c, "
		  "rule 2 (handle 3)",
		  SEE_C },
		{ "chain c { " INPUT "drop; meta nfproto ipv4 udp sport 53 accept; }",
		  "inbound IPv4 is open by inet t c, rule 1 (handle 2); IPv6 is closed by inet t c",
		  SEE_C },
		{ "chain c { " INPUT
		  "drop; tcp dport 1-30000 accept; tcp dport 30001-60000 accept; "
		  "tcp dport 60001-65535 accept; }",
		  "inbound is open for IPv4 and IPv6 by several rules together",
		  "see them: nft -a list ruleset" },
		/* To conntrack it is no new connection. */
		{ "chain p { type filter hook prerouting priority -300; notrack; }\nchain c "
		  "{ " INPUT "drop; ct state untracked accept; }",
		  "inbound is open for IPv4 and IPv6 by inet t c, rule 1 (handle 4)", SEE_C },
	};
	const struct requirement req = { .check = CHECK_FIREWALL };
	struct nft nft = open_nft();
	const struct host host = { .root = -1, .nft = &nft, .legacy = told };
	char text[1000];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct finding f = { 0 };

		snprintf(text, sizeof(text), "table inet t { %s }", rows[i].rules);
		load_rules(*rows[i].rules ? text : "");
		posture_look(&req, &host, &f);
		assert_int_equal(f.grade, GRADE_FAIL);
		assert_string_equal(f.what, rows[i].what);
		assert_string_equal(f.todo, rows[i].todo);
	}
	nft_close(&nft);
}

/* The firewall as it is, compared by what the requirement says. */
static enum grade like(struct kept_firewall *k, const struct like *demand, struct finding *f)
{
	struct nft nft = open_nft();
	const struct requirement req = { .check = CHECK_FIREWALL, .with.firewall.like = *demand };
	const struct host host = {
		.root = -1, .nft = &nft, .now = 1795262400, .firewall = k, .legacy = told
	};

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
	const struct host host = { .root = -1, .nft = nft, .now = now, .legacy = told };

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
		/* Nothing was seen before: then it is not known, and after as long for good. */
		assert_int_equal(look_moving(&nft, for_ever, 1000, &f), GRADE_UNKNOWN);
		assert_int_equal(f.meanwhile, 1010);
		assert_int_equal(look_moving(&nft, for_ever, 1009, &f), GRADE_UNKNOWN);
		assert_int_equal(f.meanwhile, 1010);
		assert_int_equal(look_moving(&nft, for_ever, 1010, &f), GRADE_UNKNOWN);
		assert_int_equal(look_moving(&nft, for_ever, 1011, &f), GRADE_UNKNOWN);
		assert_int_equal(f.meanwhile, 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_front_ends),
		cmocka_unit_test(test_openings),
		cmocka_unit_test(test_like),
		cmocka_unit_test(test_moving),
	};

	return cmocka_run_group_tests_name("firewall", tests, enter, NULL);
}
