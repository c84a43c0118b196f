// SPDX-License-Identifier: GPL-2.0-or-later
/* docs/providers/clamav.json, for policies that bring no other.  A test compares them. */
#include "policy/provider.h"

#define CLAMD	  "/etc/clamav/clamd.conf"
#define FRESHCLAM "/etc/clamav/freshclam.conf"
#define LIST(...)                                                         \
	{                                                                 \
		sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *), \
		{                                                         \
			__VA_ARGS__                                       \
		}                                                         \
	}

/* A switch that must not be off. */
#define STAYS_ON(option)                                                        \
	{                                                                       \
		.file = CLAMD, .key = option, .never = LIST("no", "false", "0") \
	}
/* One of a part that must not be on. */
#define STAYS_OFF(option, part)                           \
	{                                                 \
		.file = CLAMD, .key = option, .of = part, \
		.never = LIST("yes", "true", "1")         \
	}
/* A limit: nothing at all means none. */
#define REACHES(option, least)                                                     \
	{                                                                          \
		.file = CLAMD, .key = option, .has_only = true, .only = LIST("0"), \
		.has_at_least = true, .at_least = least                            \
	}

/* One of which nothing at all means that nothing is looked at. */
#define HAS(option, least)                                                            \
	{                                                                             \
		.file = CLAMD, .key = option, .has_at_least = true, .at_least = least \
	}

const struct provider provider_clamav = {
	.name = "clamav",
	.title = "ClamAV",
	.packages = LIST("clamav-base", "clamav-daemon", "clamav-freshclam"),
	.libraries = LIST("libclamav"),
	.account = "clamav",
	.n_units = 4,
	.units = {
		{ .name = "clamav-daemon.service",
		  .part = PART_DAEMON,
		  .program = "/usr/sbin/clamd",
		  .drop_ins = LIST("extend.conf") },
		{ .name = "clamav-daemon.socket",
		  .part = PART_DAEMON,
		  .drop_ins = LIST("extend.conf") },
		{ .name = "clamav-freshclam.service",
		  .part = PART_UPDATER,
		  .program = "/usr/bin/freshclam" },
		{ .name = "clamav-clamonacc.service",
		  .part = PART_ON_ACCESS,
		  .program = "/usr/sbin/clamonacc" },
	},
	.answer = { .speaks = TONGUE_CLAMD, .socket = "/run/clamav/clamd.ctl" },
	.signatures = { .from = VINTAGE_CLAMAV,
			.files = LIST("/var/lib/clamav/daily.cld", "/var/lib/clamav/daily.cvd"),
			.base = LIST("/var/lib/clamav/main.cvd", "/var/lib/clamav/main.cld") },
	.updates = { .from = CHRONICLE_FRESHCLAM, .file = "/var/log/clamav/freshclam.log" },
	.n_settings = 57,
	.settings = {
		{ .file = CLAMD,
		  .key = "ExcludePath",
		  .has_only = true,
		  .only = LIST("^/proc/", "^/sys/", "^/dev/", "^/run/") },
		{ .file = CLAMD,
		  .key = "LocalSocket",
		  .has_only = true,
		  .only = LIST("/run/clamav/clamd.ctl", "/var/run/clamav/clamd.ctl") },
		STAYS_ON("ScanPE"),
		STAYS_ON("ScanELF"),
		STAYS_ON("ScanArchive"),
		STAYS_ON("ScanOLE2"),
		STAYS_ON("ScanPDF"),
		STAYS_ON("ScanHTML"),
		STAYS_ON("ScanSWF"),
		STAYS_ON("ScanXMLDOCS"),
		STAYS_ON("ScanHWP3"),
		STAYS_ON("ScanOneNote"),
		STAYS_ON("ScanImage"),
		STAYS_ON("ScanImageFuzzyHash"),
		STAYS_ON("ScanMail"),
		STAYS_ON("PhishingSignatures"),
		STAYS_ON("PhishingScanURLs"),
		STAYS_ON("HeuristicAlerts"),
		STAYS_ON("AlgorithmicDetection"),
		STAYS_ON("Bytecode"),
		STAYS_ON("CrossFilesystems"),
		STAYS_OFF("DisableCertCheck", PART_DAEMON),
		REACHES("MaxFileSize", 1048576),
		REACHES("MaxScanSize", 1048576),
		REACHES("MaxScanTime", 10000),
		REACHES("MaxFiles", 1000),
		REACHES("MaxRecursion", 5),
		REACHES("PCREMaxFileSize", 1048576),
		REACHES("MaxDirectoryRecursion", 5),
		HAS("StreamMaxLength", 1048576),
		HAS("MaxEmbeddedPE", 1048576),
		HAS("MaxHTMLNormalize", 1048576),
		HAS("MaxHTMLNoTags", 1048576),
		HAS("MaxScriptNormalize", 1048576),
		HAS("MaxZipTypeRcg", 1048576),
		HAS("MaxPartitions", 10),
		HAS("MaxIconsPE", 10),
		HAS("MaxRecHWP3", 5),
		HAS("PCREMatchLimit", 1000),
		HAS("PCRERecMatchLimit", 100),
		HAS("BytecodeTimeout", 1000),
		{ .file = CLAMD,
		  .key = "DatabaseDirectory",
		  .has_only = true,
		  .only = LIST("/var/lib/clamav", "/var/lib/clamav/") },
		{ .file = CLAMD,
		  .key = "TemporaryDirectory",
		  .has_only = true,
		  .only = LIST("/tmp", "/var/tmp") },
		{ .file = CLAMD,
		  .key = "OnAccessExcludePath",
		  .of = PART_ON_ACCESS,
		  .has_only = true,
		  .only = LIST("/proc", "/sys", "/dev", "/run") },
		{ .file = CLAMD,
		  .key = "OnAccessExcludeUname",
		  .of = PART_ON_ACCESS,
		  .has_only = true,
		  .only = LIST("clamav") },
		{ .file = CLAMD,
		  .key = "OnAccessExcludeUID",
		  .of = PART_ON_ACCESS,
		  .has_only = true,
		  .only = LIST("0") },
		STAYS_OFF("OnAccessExcludeRootUID", PART_ON_ACCESS),
		STAYS_OFF("OnAccessDisableDDD", PART_ON_ACCESS),
		{ .file = CLAMD,
		  .key = "OnAccessMaxFileSize",
		  .of = PART_ON_ACCESS,
		  .has_only = true,
		  .only = LIST("0"),
		  .has_at_least = true,
		  .at_least = 1048576 },
		{ .file = CLAMD,
		  .key = "OnAccessCurlTimeout",
		  .of = PART_ON_ACCESS,
		  .has_at_least = true,
		  .at_least = 1000 },
		{ .file = CLAMD,
		  .key = "OnAccessMaxThreads",
		  .of = PART_ON_ACCESS,
		  .has_at_least = true,
		  .at_least = 1 },
		{ .file = FRESHCLAM,
		  .key = "DatabaseMirror",
		  .of = PART_UPDATER,
		  .has_only = true,
		  .only = LIST("db.local.clamav.net", "database.clamav.net") },
		{ .file = FRESHCLAM,
		  .key = "PrivateMirror",
		  .of = PART_UPDATER,
		  .has_only = true },
		{ .file = FRESHCLAM,
		  .key = "ExcludeDatabase",
		  .of = PART_UPDATER,
		  .has_only = true },
		{ .file = FRESHCLAM,
		  .key = "DatabaseDirectory",
		  .of = PART_UPDATER,
		  .has_only = true,
		  .only = LIST("/var/lib/clamav", "/var/lib/clamav/") },
		{ .file = FRESHCLAM,
		  .key = "Bytecode",
		  .of = PART_UPDATER,
		  .never = LIST("no", "false", "0") },
		{ .file = FRESHCLAM,
		  .key = "Checks",
		  .of = PART_UPDATER,
		  .has_at_least = true,
		  .at_least = 1 },
	},
	.n_remedies = 4,
	.remedies = { REMEDY_ANTIVIRUS_START, REMEDY_ANTIVIRUS_ENABLE, REMEDY_ANTIVIRUS_RESTORE,
		      REMEDY_ANTIVIRUS_REINSTALL },
};
