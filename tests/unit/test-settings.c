// SPDX-License-Identifier: GPL-2.0-or-later
/* Settings of an antivirus' programs: which lines are not allowed, and how they are mended. */
#include <errno.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/posture/settings.h"
#include "tests/unit/test.h"

#define CLAMD_CONF "/etc/clamav/clamd.conf"

static void test_settings_mended(void **state)
{
	static const char was[] = "# a\nExcludePath ^/\n\nScanELF no\nScanPE yes\nLocalSocket /x";
	static const char want[] =
		"# a\n# set aside by lazaret: ExcludePath ^/\nExcludePath ^/proc/\n\n"
		"# set aside by lazaret: ScanELF no\nScanPE yes\n"
		"# set aside by lazaret: LocalSocket /x\n"
		"LocalSocket /run/clamav/clamd.ctl\n";
	_free_ char *text = NULL, *again = NULL;
	size_t len, n;

	(void)state;
	assert_int_equal(settings_mend(&provider_clamav, CLAMD_CONF, was, strlen(was), &text, &len),
			 3);
	assert_string_equal(text, want);
	assert_int_equal(len, strlen(want));
	assert_int_equal(settings_mend(&provider_clamav, CLAMD_CONF, text, len, &again, &n), 0);
	assert_string_equal(again, want);
}

static int judge(const char *text, size_t len, unsigned parts, struct broken *b)
{
	return settings_judge(&provider_clamav, CLAMD_CONF, parts, text, len, b);
}

static void test_settings_of_parts(void **state)
{
	static const char text[] = "OnAccessExcludePath /srv\nMaxScanTime 1\nMaxFiles 0\n";
	struct broken b;

	(void)state;
	assert_true(judge(text, strlen(text), SETTINGS_ALL, &b));
	assert_string_equal(b.setting->key, "OnAccessExcludePath");
	assert_true(judge(text, strlen(text), 1u << PART_DAEMON, &b));
	assert_string_equal(b.why, "MaxScanTime 1 is not allowed");
	assert_int_equal(b.line, 2);
}

/* What clamd reads as another line, or as another value, than who looks at it. */
static void test_settings_read_otherwise(void **state)
{
	static const char hidden[] = "#\0\nExcludePath ^/\n";
	static const char mended[] =
		"# set aside by lazaret: #?\n"
		"# set aside by lazaret: ExcludePath ^/\nExcludePath ^/proc/\n";
	static const char quoted[] = "ScanPE yes\nScanELF \"no\" x\n";
	_free_ char *text = NULL, *again = NULL;
	char two[SETTINGS_LINE_MAX + 40];
	struct broken b;
	size_t len, n;

	(void)state;
	assert_true(judge(hidden, sizeof(hidden) - 1, SETTINGS_ALL, &b));
	assert_int_equal(b.line, 1);
	assert_non_null(strstr(b.why, "NUL"));
	assert_int_equal(settings_mend(&provider_clamav, CLAMD_CONF, hidden, sizeof(hidden) - 1,
				       &text, &len),
			 2);
	assert_string_equal(text, mended);
	assert_true(judge(quoted, strlen(quoted), SETTINGS_ALL, &b));
	assert_string_equal(b.why, "ScanELF no is not allowed");
	/* clamd's buffer ends amid the comment, and the rest is a line to it. */
	memset(two, '#', SETTINGS_LINE_MAX + 1);
	strcpy(two + SETTINGS_LINE_MAX + 1, "ExcludePath ^/\n");
	assert_true(judge(two, strlen(two), SETTINGS_ALL, &b));
	assert_null(b.setting);
	free(take(text));
	assert_int_equal(settings_mend(&provider_clamav, CLAMD_CONF, two, strlen(two), &text, &len),
			 1);
	assert_false(judge(text, len, SETTINGS_ALL, &b));
	assert_int_equal(settings_mend(&provider_clamav, CLAMD_CONF, text, len, &again, &n), 0);
}

/* What leaves a scanner of opened files running and takes from it what it is for. */
static void test_settings_on_access(void **state)
{
	static const struct {
		const char *line;
		bool broken;
	} rows[] = {
		{ "OnAccessExcludeUname clamav", false }, { "OnAccessExcludeUname alice", true },
		{ "OnAccessExcludeUID 1000", true },	  { "OnAccessExcludeUID 0", false },
		{ "OnAccessExcludeRootUID yes", true },	  { "OnAccessExcludeRootUID no", false },
		{ "OnAccessDisableDDD true", true },	  { "OnAccessMaxFileSize 1", true },
		{ "OnAccessMaxFileSize 5M", false },	  { "OnAccessMaxFileSize 0", false },
		{ "OnAccessCurlTimeout 1", true },	  { "OnAccessCurlTimeout 5000", false },
		{ "OnAccessIncludePath /home", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct broken b = { 0 };

		assert_int_equal(judge(rows[i].line, strlen(rows[i].line), SETTINGS_ALL, &b),
				 rows[i].broken);
		assert_true(!rows[i].broken || b.setting->of == PART_ON_ACCESS);
	}
}

/* What leaves the test file to be found, and little else; and what packages say. */
static void test_settings_hollow(void **state)
{
	static const char *const hollow[] = {
		"ScanMail no",
		"ScanXMLDOCS no",
		"ScanOneNote no",
		"ScanSWF false",
		"ScanHWP3 0",
		"ScanImage no",
		"ScanImageFuzzyHash no",
		"HeuristicAlerts no",
		"AlgorithmicDetection no",
		"PhishingSignatures no",
		"PhishingScanURLs no",
		"Bytecode no",
		"CrossFilesystems no",
		"PCREMatchLimit 0",
		"PCREMatchLimit 1",
		"PCRERecMatchLimit 0",
		"PCREMaxFileSize 1",
		"MaxEmbeddedPE 0",
		"MaxHTMLNormalize 1",
		"MaxHTMLNoTags 0",
		"MaxScriptNormalize 1K",
		"MaxZipTypeRcg 0",
		"MaxPartitions 0",
		"MaxIconsPE 0",
		"MaxRecHWP3 0",
		"StreamMaxLength 0",
		"BytecodeTimeout 1",
		"MaxDirectoryRecursion 1",
	};
	static const char packaged[] =
		"ScanMail true\nScanSWF true\nPhishingSignatures true\nCrossFilesystems true\n"
		"AlgorithmicDetection true\nBytecode true\nBytecodeTimeout 60000\n"
		"MaxEmbeddedPE 10M\nMaxHTMLNormalize 10M\nMaxHTMLNoTags 2M\n"
		"MaxScriptNormalize 5M\nMaxZipTypeRcg 1M\nMaxPartitions 50\nMaxIconsPE 100\n"
		"MaxRecHWP3 16\nPCREMatchLimit 10000\nPCRERecMatchLimit 5000\n"
		"PCREMaxFileSize 25M\nStreamMaxLength 25M\nMaxDirectoryRecursion 15\n";
	struct broken b;

	(void)state;
	for (size_t i = 0; i < COUNT(hollow); i++) {
		_free_ char *text = NULL, *again = NULL;
		size_t len, n;

		if (!judge(hollow[i], strlen(hollow[i]), 1u << PART_DAEMON, &b))
			fail_msg("%s is allowed", hollow[i]);
		assert_int_equal(settings_mend(&provider_clamav, CLAMD_CONF, hollow[i],
					       strlen(hollow[i]), &text, &len),
				 1);
		assert_int_equal(settings_mend(&provider_clamav, CLAMD_CONF, text, len, &again, &n),
				 0);
	}
	assert_false(judge(packaged, strlen(packaged), SETTINGS_ALL, &b));
}

static void test_setting_last(void **state)
{
	static const char text[] = "POLICY=\"DROP\"\n#POLICY=x\n POLICY = accept\npolicy=y";
	_free_ char *one = strdup(text), *other = strdup(text);
	char value[20];

	(void)state;
	assert_int_equal(setting_last(one, "POLICY", value, sizeof(value)), 0);
	assert_string_equal(value, "accept");
	assert_int_equal(setting_last(other, "Policy", value, sizeof(value)), -ENODATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings_mended),
		cmocka_unit_test(test_settings_of_parts),
		cmocka_unit_test(test_settings_read_otherwise),
		cmocka_unit_test(test_settings_on_access),
		cmocka_unit_test(test_settings_hollow),
		cmocka_unit_test(test_setting_last),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
