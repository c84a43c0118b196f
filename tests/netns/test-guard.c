// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The quarantine against root's own tools and against the death of the daemon, seen from the
 * far side of a link.  On a kernel that keeps others' hands off, nothing may pass at any time;
 * on one that cannot, nothing but in the moment until the daemon has put it right.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>

#include "agent/base/count.h"
#include "agent/trigger/nftables.h"
#include "netfilter/late.h"
#include "netfilter/quarantine.h"
#include "netfilter/watch.h"
#include "tests/netns/guard.h"
#include "tests/unit/netns.h"

#define KILLS	   200
#define GOAL_USEC  30000
#define BURST_USEC 4000000ull
#define LIMIT_USEC 3000000 /* on a machine that is busy */

static bool can_own;

/* `O` and how often to kill come from outside; emulation is slow. */
static unsigned kills(void)
{
	const char *text = getenv("GUARD_KILLS");

	return text ? (unsigned)atoi(text) : KILLS;
}

/* Microseconds until the whole table is there. */
static uint64_t wait_whole(struct nft *nft)
{
	uint64_t start = guard_now(), limit = guard_time(LIMIT_USEC);

	while (quarantine_present(nft, NULL) != 1) {
		if (guard_now() > start + limit)
			fail_msg("not whole again after %llu ms", (unsigned long long)limit / 1000);
		usleep(500);
	}
	return guard_now() - start;
}

/* Until packets to the first ports have arrived: a link takes its time to come up. */
static void wait_arrived(struct guard *g, size_t ports)
{
	const uint64_t end = guard_now() + guard_time(LIMIT_USEC);

	do {
		assert_true(guard_now() < end);
		guard_shoot_for(g, 20000);
	} while (!g->got[0] || !g->got[ports - 1]);
}

static const char *const attacks[] = {
	"nft flush ruleset",
	"nft delete table inet lazaret",
	"nft delete chain inet lazaret forward",
	"nft insert rule inet lazaret output accept",
	"nft 'add chain inet lazaret output { policy accept; }; flush chain inet lazaret output'",
	"nft 'add table inet lazaret { flags dormant; }'",
	"nft 'delete table inet lazaret; add table inet lazaret; add chain inet lazaret input'",
	"nft 'table ip n3 { chain late { type filter hook postrouting priority 2147483647; }\n }'",
};

/* With the guard at work, whoever it is: attack, wait, and look from the far side. */
static void withstand(struct guard *g, bool owned)
{
	struct nft nft = open_nft();
	uint64_t worst = 0, sum = 0;

	wait_whole(&nft);
	wait_arrived(g, 1);
	g->got[0] = g->got[1] = 0;
	for (size_t i = 0; i < COUNT(attacks); i++) {
		char line[256];
		uint64_t took;

		snprintf(line, sizeof(line), "{ %s; } 2>/dev/null", attacks[i]);
		(void)!system(line);
		took = wait_whole(&nft);
		worst = took > worst ? took : worst;
		sum += took;
		guard_shoot(g);
		if (owned && g->got[1])
			fail_msg("%s: forbidden packets passed", attacks[i]);
		guard_sleep(60000); /* no fight: that is another test */
		g->got[0] = g->got[1] = 0;
		guard_shoot_for(g, 5000);
		if (g->got[1] || !g->got[0])
			fail_msg("%s: then %u allowed, %u forbidden", attacks[i], g->got[0],
				 g->got[1]);
	}
	/* The last one is behind the quarantine, which is whole without it. */
	for (int i = 0; i < 100 && strstr(shown("nft list ruleset"), "chain late"); i++)
		guard_sleep(20000);
	assert_null(strstr(shown("nft list ruleset"), "chain late"));
	printf("# %s: whole again after %llu us on average, %llu at most (goal: %d)\n",
	       owned ? "owned" : "watched", (unsigned long long)(sum / COUNT(attacks)),
	       (unsigned long long)worst, GOAL_USEC);
	nft_close(&nft);
}

static void test_the_daemon_withstands(void **state)
{
	struct guard g;
	char line[128];
	const char *log;

	(void)state;
	guard_begin(&g);
	guard_start(&g);
	withstand(&g, can_own);
	snprintf(line, sizeof(line), "cat %s/log", g.dir);
	log = shown(line);
	assert_non_null(strstr(log, "removed 1 chains hooked in behind"));
	if (!can_own)
		assert_non_null(strstr(log, "nft (pid "));
	guard_end(&g);
}

static void put_right(void *ctx, const struct watch *seen)
{
	struct peer far = { .family = AF_INET, .proto = IPPROTO_UDP, .prefix = 32, .port = 7000 };
	const struct allow allow = { .out = &far, .n_out = 1 };
	struct late late;

	(void)seen;
	memcpy(far.addr, (const uint8_t[]){ 10, 78, 0, 2 }, 4);
	(void)!quarantine_lay(ctx, &allow, NULL);
	(void)!late_remove(ctx, &late, NULL);
}

static void pass_over(void *ctx)
{
	(void)ctx;
}

/* Watches and restores as the daemon does, on a kernel that cannot own or as if on one. */
static pid_t start_watch(void)
{
	static const struct nftables_handlers handlers = { put_right, pass_over };
	struct nftables *watch;
	struct nft nft;
	sd_event *loop;
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (nft_open(&nft, NULL) < 0 || sd_event_new(&loop) < 0 ||
	    nftables_new(loop, &nft, &handlers, &nft, &watch) < 0)
		_exit(1);
	put_right(&nft, NULL);
	_exit(sd_event_loop(loop) < 0);
}

static void test_without_ownership(void **state)
{
	struct guard g;
	pid_t watch;

	(void)state;
	guard_begin(&g);
	watch = start_watch();
	withstand(&g, false);
	kill(watch, SIGKILL);
	waitpid(watch, NULL, 0);
	guard_end(&g);
}

static void test_a_changed_firewall_is_looked_at(void **state)
{
	struct guard g;
	struct nft nft;
	uint64_t start;

	(void)state;
	guard_begin(&g);
	nft = open_nft();
	guard_policy(&g, GUARD_FIREWALL);
	guard_start(&g);
	wait_whole(&nft);
	assert_int_equal(system("nft 'add table inet his; add chain inet his in { type filter hook "
				"input priority 0; policy drop; }'"),
			 0);
	start = guard_now();
	while (quarantine_present(&nft, NULL) == 1 && guard_now() < start + guard_time(LIMIT_USEC))
		usleep(5000);
	printf("# let out %llu ms after its firewall was up\n",
	       (unsigned long long)(guard_now() - start) / 1000);
	assert_true(guard_now() < start + guard_time(1200000));
	assert_int_equal(system("nft delete table inet his"), 0);
	start = guard_now();
	wait_whole(&nft);
	assert_true(guard_now() < start + guard_time(1200000));
	guard_end(&g);
	nft_close(&nft);
}

/* Somebody's firewall of a thousand rules, which closes inbound. */
static void lay_his(void)
{
	FILE *p = popen("nft -f -", "w");

	assert_non_null(p);
	fputs("table inet his {\n chain in { type filter hook input priority 0; policy drop;\n", p);
	for (unsigned i = 0; i < 1000; i++)
		fprintf(p, "ip saddr 10.9.%u.%u tcp dport %u counter accept\n", i / 250, i % 250,
			i + 1);
	fputs("}\n}\n", p);
	assert_int_equal(pclose(p), 0);
}

/* While rules come one by one no look sees the same ruleset twice, and the firewall is on. */
static void test_rules_in_a_burst(void **state)
{
	struct guard g;
	struct nft nft;
	uint64_t start;
	unsigned n = 0, held = 0;
	char line[128];

	(void)state;
	guard_begin(&g);
	nft = open_nft();
	guard_policy(&g, GUARD_FIREWALL);
	lay_his();
	guard_start(&g);
	snprintf(line, sizeof(line), "grep 'lazaretd: compliant' %s/log", g.dir);
	for (start = guard_now(); !*shown(line) || quarantine_present(&nft, NULL) == 1;) {
		assert_true(guard_now() < start + guard_time(2 * LIMIT_USEC));
		usleep(5000);
	}
	for (start = guard_now(); guard_now() < start + BURST_USEC; n++) {
		assert_int_equal(system("nft add rule inet his in ip saddr 10.8.0.1 accept"), 0);
		held += quarantine_present(&nft, NULL) == 1;
	}
	snprintf(line, sizeof(line), "grep -c 'unknown: ' %s/log", g.dir);
	printf("# %u rules in %llu ms; unknown meanwhile: %s", n, BURST_USEC / 1000, shown(line));
	if (held) {
		snprintf(line, sizeof(line), "sed 's/^/# /' %s/log", g.dir);
		fail_msg("held after %u of them:\n%s", n - held, shown(line));
	}
	snprintf(line, sizeof(line), "grep 'trying remedy' %s/log", g.dir);
	assert_string_equal(shown(line), "");
	guard_end(&g);
	nft_close(&nft);
}

/* Processor time of a process, in milliseconds. */
static unsigned long cpu_ms(pid_t pid)
{
	char line[128];

	snprintf(line, sizeof(line), "awk '{ print $14 + $15 }' /proc/%d/stat", pid);
	return strtoul(shown(line), NULL, 10) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK);
}

static void test_a_fight_is_no_hot_loop(void **state)
{
	struct nft nft, foe;
	pid_t watch;
	uint64_t start;
	unsigned blows = 0, open = 0;
	unsigned long spent;

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	nft = open_nft();
	foe = open_nft();
	watch = start_watch();
	wait_whole(&nft);
	spent = cpu_ms(watch);
	for (start = guard_now(); guard_now() < start + 2000000; blows++) {
		open += quarantine_present(&nft, NULL) != 1;
		assert_int_equal(quarantine_lift(&foe, NULL), 0);
		usleep(1000);
	}
	spent = cpu_ms(watch) - spent;
	printf("# a fight of 2 s: %u blows, %lu ms of processor time, whole before %u of them\n",
	       blows, spent, blows - open);
	assert_true(spent < 800);
	assert_true(open < blows);
	wait_whole(&nft);
	kill(watch, SIGKILL);
	waitpid(watch, NULL, 0);
	nft_close(&nft);
	nft_close(&foe);
}

static void test_killed_at_any_moment(void **state)
{
	struct guard g;
	struct nft nft;
	unsigned lost = 0, n = kills();

	(void)state;
	srandom(7);
	guard_begin(&g);
	nft = open_nft();
	wait_arrived(&g, 2); /* so both would arrive, if nobody held them */
	guard_start(&g);
	wait_whole(&nft);
	guard_sleep(50000);
	guard_shoot_for(&g, 20000);
	g.got[0] = g.got[1] = 0;
	for (unsigned i = 0; i < n; i++) {
		unsigned before = g.got[0];

		guard_kill(&g);
		assert_int_equal(quarantine_present(&nft, NULL), 1); /* whole, whenever it died */
		guard_shoot_for(&g, 1000);
		guard_policy(&g, i % 2 + 1);
		guard_start(&g);
		guard_shoot_for(&g, (uint64_t)random() % 40000);
		lost += g.got[0] == before;
		if (g.got[1])
			fail_msg("kill %u: %u forbidden packets passed", i, g.got[1]);
	}
	wait_whole(&nft);
	printf("# killed %u times: %u allowed packets passed, no forbidden one\n", n, g.got[0]);
	assert_int_equal(lost, 0);
	guard_end(&g);
	nft_close(&nft);
}

static int enter(void **state)
{
	struct nft nft;

	if (enter_netns(state) < 0)
		return -1;
	nft = open_nft();
	assert_int_equal(ownership_claim(&nft, OWNERSHIP_OWNED, NULL), 0);
	can_own = nft.ownership == OWNERSHIP_OWNED;
	nft_close(&nft);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_daemon_withstands),
		cmocka_unit_test(test_without_ownership),
		cmocka_unit_test(test_a_changed_firewall_is_looked_at),
		cmocka_unit_test(test_rules_in_a_burst),
		cmocka_unit_test(test_a_fight_is_no_hot_loop),
		cmocka_unit_test(test_killed_at_any_moment),
	};

	return cmocka_run_group_tests_name("guard", tests, enter, NULL);
}
