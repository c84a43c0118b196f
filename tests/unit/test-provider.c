// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "policy/document.h"
#include "policy/provider.h"
#include "tests/unit/doc.h"

#define BASE "\"name\":\"x\",\"title\":\"X\",\"remedies\":[]"
#define UNIT "\"units\":[{\"unit\":\"x.service\",\"part\":\"daemon\",\"program\":\"/x\"}]"

#define FILE_OF(n) "{\"file\":\"/etc/" n "\",\"key\":\"k\",\"only\":[]}"
#define AND(n)	   "," FILE_OF(n)
#define NINE_FILES   \
	FILE_OF("1") \
	AND("2") AND("3") AND("4") AND("5") AND("6") AND("7") AND("8") AND("1") AND("9")

static void test_built_in(void **state)
{
	size_t len;
	_free_ char *text = doc_read("providers/clamav.json", &len);
	struct provider *p = calloc(1, sizeof(*p));
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(provider_parse(text, len, p, &f), 0);
	assert_memory_equal(p, &provider_clamav, sizeof(*p));
	free(p);
}

/* As lint reads it: within a policy that names it, with all that can be done about it. */
static void check_example(const char *name, enum tongue speaks, enum health ask)
{
	char path[300], *policy_text = NULL, remedies[300] = "";
	size_t len;
	_free_ char *text = NULL;
	struct provider *p = calloc(1, sizeof(*p));
	struct policy *policy = NULL;
	struct fault f = { 0 };

	snprintf(path, sizeof(path), "providers/%s", name);
	text = doc_read(path, &len);
	if (provider_parse(text, len, p, &f) < 0)
		fail_msg("%s:%u:%u: %s", name, f.line, f.col, f.why);
	assert_memory_equal(name, p->name, strlen(p->name));
	assert_int_equal(p->answer.speaks, speaks);
	assert_int_equal(p->answer.ask, ask);
	for (size_t i = 0; i < p->n_remedies; i++)
		snprintf(remedies + strlen(remedies), sizeof(remedies) - strlen(remedies),
			 "%s\"%s\"", i ? "," : "", remedy_menu[p->remedies[i]].name);
	assert_true(
		asprintf(&policy_text,
			 "{\"mode\":\"audit\",\"providers\":[%s],\"requirements\":[{\"id\":\"a\","
			 "\"check\":\"antivirus\",\"provider\":\"%s\",\"grace\":\"0s\","
			 "\"remedies\":[%s]}]}",
			 text, p->name, remedies) > 0);
	if (policy_parse(policy_text, strlen(policy_text), &policy, &f) < 0)
		fail_msg("%s: %s", name, f.why);
	assert_ptr_equal(policy->requirements[0].with.antivirus.provider, &policy->providers[0]);
	policy_free(policy);
	free(policy_text);
	free(p);
}

/* The products that docs/providers.md promises, and how each is asked whether it works. */
static const struct {
	const char *file;
	enum tongue speaks;
	enum health ask;
} examples[] = {
	{ "clamav.json", TONGUE_CLAMD, HEALTH_NONE },
	{ "clamav-fedora.json", TONGUE_CLAMD, HEALTH_NONE },
	{ "defender.json", TONGUE_COMMAND, HEALTH_MDATP },
	{ "eset.json", TONGUE_NONE, HEALTH_NONE },
	{ "falcon.json", TONGUE_NONE, HEALTH_NONE },
	{ "osquery.json", TONGUE_NONE, HEALTH_NONE },
	{ "sentinelone.json", TONGUE_NONE, HEALTH_NONE },
	{ "sophos.json", TONGUE_NONE, HEALTH_NONE },
	{ "wazuh.json", TONGUE_NONE, HEALTH_NONE },
};

static size_t count_files(void)
{
	const int folder = (int)(strlen(__FILE__) - strlen("tests/unit/test-provider.c"));
	char path[PATH_MAX];
	struct dirent *e;
	size_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%.*sdocs/providers", folder, __FILE__);
	dir = opendir(path);
	assert_non_null(dir);
	while ((e = readdir(dir)))
		n += strstr(e->d_name, ".json") != NULL;
	closedir(dir);
	return n;
}

static void test_examples(void **state)
{
	static const char *const health[] = { "/usr/bin/mdatp", "health", "--output", "json",
					      NULL };
	const char *const *argv = health_menu[HEALTH_MDATP].argv;

	(void)state;
	for (size_t i = 0; i < COUNT(examples); i++)
		check_example(examples[i].file, examples[i].speaks, examples[i].ask);
	assert_int_equal(count_files(), COUNT(examples));
	for (size_t i = 0; health[i] || argv[i]; i++)
		assert_string_equal(argv[i], health[i]);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "{" BASE "}", "member \"units\" is missing" },
		{ "{" BASE ",\"units\":[]}", "the list is empty" },
		{ "{" BASE ",\"units\":[{\"unit\":\"x.service\",\"part\":\"updater\"}]}",
		  "no unit is the daemon" },
		{ "{" BASE ",\"units\":[{\"unit\":\"x.mount\",\"part\":\"daemon\"}]}",
		  "units[0].unit: \"x.mount\" is not the name of a service" },
		{ "{" BASE ",\"units\":[{\"unit\":\"x@.service\",\"part\":\"daemon\"}]}",
		  "units[0].unit: \"x@.service\" is a template; name its instance" },
		{ "{" BASE ",\"units\":[{\"unit\":\"--force.service\",\"part\":\"daemon\"}]}",
		  "is not a unit's name" },
		{ "{" BASE ",\"units\":[{\"unit\":\"../x.service\",\"part\":\"daemon\"}]}",
		  "is not a unit's name" },
		{ "{" BASE ",\"units\":[{\"unit\":\"x.service\",\"part\":\"heart\"}]}",
		  "\"heart\" is none of: daemon updater on-access" },
		{ "{" BASE ",\"units\":[{\"unit\":\"x.service\",\"part\":\"daemon\","
		  "\"program\":\"/x/../y\"}]}",
		  "is not an absolute path" },
		{ "{" BASE "," UNIT ",\"account\":\"x 0 - /root\"}",
		  "account: \"x 0 - /root\" is not a name" },
		{ "{" BASE "," UNIT ",\"account\":\"-x\"}", "is not a name" },
		{ "{" BASE "," UNIT ",\"packages\":[\"-o\"]}",
		  "packages[0]: \"-o\" is not a package" },
		{ "{" BASE "," UNIT ",\"packages\":[\"a=1\"]}", "is not a package" },
		{ "{" BASE "," UNIT ",\"packages\":[]}", "0 items; 1 to 8 are read" },
		{ "{" BASE "," UNIT
		  ",\"settings\":[{\"file\":\"/proc/x\",\"key\":\"k\",\"only\":[]}]}",
		  "is not below /etc, /opt or /var" },
		{ "{" BASE "," UNIT ",\"settings\":[{\"file\":\"/etc/../proc/x\",\"key\":\"k\"}]}",
		  "is not an absolute path" },
		{ "{" BASE "," UNIT ",\"settings\":[{\"file\":\"/etc/x\",\"key\":\"k\"}]}",
		  "says nothing" },
		{ "{" BASE "," UNIT ",\"settings\":[" NINE_FILES "]}",
		  "settings of 9 files; 8 are read" },
		{ "{" BASE "," UNIT
		  ",\"settings\":[{\"file\":\"/etc/x\",\"key\":\"k\",\"at_least\":-1}]}",
		  "is not a whole number" },
		{ "{" BASE "," UNIT
		  ",\"updates\":{\"from\":\"freshclam\",\"file\":\"/etc/shadow\"}}",
		  "file is not below /var/log" },
		{ "{" BASE "," UNIT ",\"updates\":{\"from\":\"x\",\"file\":\"/var/log/x\"}}",
		  "\"x\" is none of: freshclam" },
		{ "{" BASE "," UNIT ",\"answer\":{\"speaks\":\"shell\",\"socket\":\"/s\"}}",
		  "is none of: clamd text command" },
		{ "{" BASE "," UNIT ",\"answer\":{\"speaks\":\"text\",\"socket\":\"/s\"}}",
		  "send and expect belong to" },
		{ "{" BASE "," UNIT ",\"answer\":{\"speaks\":\"command\",\"ask\":\"/bin/sh\"}}",
		  "answer.ask: \"/bin/sh\" is none of: clamdscan mdatp" },
		{ "{" BASE "," UNIT ",\"answer\":{\"speaks\":\"command\"}}", "ask belongs to" },
		{ "{" BASE "," UNIT
		  ",\"answer\":{\"speaks\":\"clamd\",\"socket\":\"/s\",\"ask\":\"mdatp\"}}",
		  "ask belongs to" },
		{ "{" BASE "," UNIT
		  ",\"answer\":{\"speaks\":\"command\",\"ask\":\"mdatp\",\"socket\":\"/s\"}}",
		  "socket belongs to" },
		{ "{" BASE "," UNIT ",\"answer\":{\"speaks\":\"clamd\"}}", "socket belongs to" },
		{ "{" BASE "," UNIT ",\"sources\":[{\"uri\":\"https://x\",\"suite\":\"s\","
		  "\"component\":\"c\",\"keyring\":\"../k\"}]}",
		  "is not a file's name" },
		{ "{" BASE "," UNIT ",\"sources\":[{\"uri\":\"https://x y\",\"suite\":\"s\","
		  "\"component\":\"c\",\"keyring\":\"k\"}]}",
		  "is not a URI" },
		{ "{\"name\":\"x\",\"title\":\"X\"," UNIT ",\"remedies\":[\"firewall-enable\"]}",
		  "is not a remedy of check antivirus" },
		{ "{\"name\":\"x\",\"title\":\"X\"," UNIT
		  ",\"remedies\":[\"antivirus-reinstall\"]}",
		  "antivirus-reinstall needs packages" },
		{ "{\"name\":\"x\",\"title\":\"X\"," UNIT ",\"remedies\":[\"antivirus-restore\"]}",
		  "antivirus-restore needs settings" },
	};
	struct provider *p = malloc(sizeof(*p));

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fault f = { 0 };

		memset(p, 0, sizeof(*p));
		assert_int_equal(provider_parse(rows[i].text, strlen(rows[i].text), p, &f),
				 -EINVAL);
		if (!strstr(f.why, rows[i].why))
			fail_msg("%s\nis refused with: %s", rows[i].text, f.why);
	}
	free(p);
}

/* A requirement cannot promise what its provider does not have, nor name one that is not there. */
static void test_of_a_requirement(void **state)
{
	static const struct {
		const char *rest, *why;
	} rows[] = {
		{ "\"provider\":\"y\"", "\"y\" is neither \"clamav\" nor among the providers" },
		{ "\"provider\":\"x\",\"remedies\":[\"antivirus-start\"]",
		  "provider \"x\" has no remedy antivirus-start" },
		{ "\"proof_every\":\"1s\"", "out of range" },
		{ "\"provider\":\"x\",\"updater\":true", "updater needs a provider that has a unit "
							 "with the part \"updater\"; x has none" },
		{ "\"provider\":\"x\",\"updater_max_age\":\"1d\"", "has \"updates\"; x has none" },
		{ "\"provider\":\"x\",\"on_access\":true", "the part \"on-access\"; x has none" },
		{ "\"provider\":\"x\",\"proof_every\":\"1d\"", "speaks \"clamd\"; x has none" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct policy *p = NULL;
		struct fault f = { 0 };
		char text[600];

		snprintf(text, sizeof(text),
			 "{\"mode\":\"audit\",\"providers\":[{" BASE "," UNIT
			 "}],\"requirements\":["
			 "{\"id\":\"a\",\"check\":\"antivirus\",\"grace\":\"0s\",%s}]}",
			 rows[i].rest);
		assert_int_equal(policy_parse(text, strlen(text), &p, &f), -EINVAL);
		assert_non_null(strstr(f.why, rows[i].why));
	}
}

/* One of the policy's that is called like the one built in takes its place, named or not. */
static void test_takes_place(void **state)
{
	static const char text[] =
		"{\"mode\":\"audit\",\"providers\":[{\"name\":\"clamav\",\"title\":\"Ours\","
		"\"remedies\":[]," UNIT "}],\"requirements\":["
		"{\"id\":\"a\",\"check\":\"antivirus\",\"grace\":\"0s\"},"
		"{\"id\":\"b\",\"check\":\"antivirus\",\"provider\":\"clamav\",\"grace\":\"0s\"}]}";
	struct policy *p = NULL;
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(policy_parse(text, strlen(text), &p, &f), 0);
	for (size_t i = 0; i < 2; i++)
		assert_string_equal(p->requirements[i].with.antivirus.provider->title, "Ours");
	policy_free(p);
}

static void test_setting_values(void **state)
{
	static const struct provider_setting size = {
		.has_only = true, .only = { 1, { "0" } }, .has_at_least = true, .at_least = 1048576
	};
	static const struct provider_setting bare = { .never = { 2, { "no", "false" } } };
	static const struct provider_setting gone = { .has_only = true };
	static const struct provider_setting path = { .has_only = true,
						      .only = { 1, { "/run/x" } } };

	(void)state;
	assert_true(setting_allows(&size, "0"));
	assert_true(setting_allows(&size, "1M"));
	assert_true(setting_allows(&size, "2g"));
	assert_false(setting_allows(&size, "99999999999999999999")); /* no program reads that */
	assert_false(setting_allows(&size, "1023K"));
	assert_false(setting_allows(&size, "1Mx"));
	assert_false(setting_allows(&size, "-1"));
	assert_false(setting_allows(&size, ""));
	assert_true(setting_allows(&bare, "yes"));
	assert_false(setting_allows(&bare, "No"));
	assert_false(setting_allows(&gone, "anything"));
	assert_true(setting_allows(&path, "/run/x"));
	assert_false(setting_allows(&path, "/run/X")); /* another file */
	/* Octal to strtoul(…, 0), and 1 to atoi(). */
	assert_false(setting_allows(&size, "04000000"));
	assert_false(setting_allows(&size, "4294967297"));
}

/* Each member is explained, as the reasons for an unknown one list them. */
static void test_documented(void **state)
{
	static const char *const texts[] = {
		"{" BASE "," UNIT ",\"?\":1}",
		"{" BASE ",\"units\":[{\"unit\":\"x.service\",\"part\":\"daemon\",\"?\":1}]}",
		"{" BASE "," UNIT ",\"answer\":{\"speaks\":\"clamd\",\"socket\":\"/s\",\"?\":1}}",
		"{" BASE "," UNIT
		",\"signatures\":{\"from\":\"mtime\",\"files\":[\"/x\"],\"?\":1}}",
		"{" BASE "," UNIT ",\"settings\":[{\"file\":\"/etc/x\",\"key\":\"k\",\"?\":1}]}",
		"{" BASE "," UNIT ",\"sources\":[{\"uri\":\"https://x\",\"suite\":\"s\","
		"\"component\":\"c\",\"keyring\":\"k\",\"?\":1}]}",
	};
	size_t len;
	_free_ char *doc = doc_read("providers.md", &len);
	struct provider *p = malloc(sizeof(*p));

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct fault f = { 0 };
		char *names, *name, quoted[80];

		memset(p, 0, sizeof(*p));
		assert_int_equal(provider_parse(texts[i], strlen(texts[i]), p, &f), -EINVAL);
		names = strstr(f.why, "there are: ");
		assert_non_null(names);
		for (names += 11; (name = strsep(&names, ","));) {
			snprintf(quoted, sizeof(quoted), "`%s`", name + (*name == ' '));
			if (!strstr(doc, quoted))
				fail_msg("docs/providers.md does not explain %s", quoted);
		}
	}
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_built_in),    cmocka_unit_test(test_examples),
		cmocka_unit_test(test_refusals),    cmocka_unit_test(test_of_a_requirement),
		cmocka_unit_test(test_takes_place), cmocka_unit_test(test_setting_values),
		cmocka_unit_test(test_documented),
	};

	return cmocka_run_group_tests_name("provider", tests, NULL, NULL);
}
