// SPDX-License-Identifier: GPL-2.0-or-later
/* What a policy says, and what it means where it says nothing. */
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

static char *example(size_t *len)
{
	return doc_read("example-policy.json", len);
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
	assert_true(p->requirements[2].with.firewall.baseline);
	assert_true(p->allow.dhcp_any);
	assert_false(p->allow.dns_any);
	assert_int_equal(p->allow.n_in, 1);
	assert_peer(p->allow.in, "192.0.2.7", 32, IPPROTO_TCP, 22);
	/* 1 policy, 2 x 2 mirror ports, 1 antivirus, 2 resolvers over tcp and udp, 1 clock */
	assert_int_equal(p->allow.n_out, 11);
	assert_null(policy_free(p));
}

static void test_captive_portal(void **state)
{
	static const char text[] = CP(PROBE);
	static const char own[] = CP(
		"\"probe\":\"http://a.example:81/ok\",\"at\":[\"192.0.2.9\",\"2001:db8::9\"],"
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
	for (size_t i = 0; i < COUNT(texts); i++) {
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
		cmocka_unit_test(test_captive_portal),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_reboot),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_documented),
		cmocka_unit_test(test_example_is_in_the_manual),
	};

	return cmocka_run_group_tests_name("document", tests, NULL, NULL);
}
