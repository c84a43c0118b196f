// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/clamd.h"
#include "agent/remedy/apt.h"
#include "agent/remedy/overrides.h"
#include "agent/remedy/remedy.h"

#define SERVICE "clamav-daemon.service"
#define SOCKET	"clamav-daemon.socket"
#define UPDATER "clamav-freshclam.service"

#define PONG_LIMIT_MS 90000 /* all of ClamAV's signatures take a slow disk that long */
#define PONG_SOON_MS  2000
#define PONG_PAUSE_MS 100
#define FILE_LIST_MAX (1024 * 1024)

static bool answers(void)
{
	char answer[16];

	return clamd_ask(CLAMD_SOCKET, "PING", answer, sizeof(answer), CLAMD_WAIT_MS) == 0 &&
	       !strcmp(answer, "PONG");
}

static int await_pong(struct report *report, struct fault *fault)
{
	uint64_t begun = io_boot_ms(), spent = 0;

	for (; spent < PONG_LIMIT_MS; spent = io_boot_ms() - begun) {
		struct fault quiet = { 0 };

		if (answers())
			return 0;
		/* A unit whose condition failed "starts" all the same: no use in waiting for it. */
		if (spent > PONG_SOON_MS &&
		    step_exec(SYSTEMCTL("is-active", "--quiet", SERVICE), 10, report, &quiet) < 0)
			return fault_set(fault, -ESRCH,
					 SERVICE " did not come up: see systemctl status " SERVICE
						 " and whether /var/lib/clamav has signatures");
		step_sleep(PONG_PAUSE_MS);
	}
	return fault_set(fault, -ETIMEDOUT, "clamd does not answer on " CLAMD_SOCKET);
}

/* One that hangs neither answers nor ends by itself. */
static int restart_silent(struct report *report, struct fault *fault)
{
	struct fault quiet = { 0 };

	if (await_pong(report, &quiet) == 0)
		return 0;
	report_line(report, "  ", quiet.why);
	report_line(report, "+ ", "restarting ClamAV");
	if (step_exec(SYSTEMCTL("restart", SERVICE), 120, report, fault) < 0)
		return -EIO;
	return await_pong(report, fault);
}

const struct step steps_antivirus_start[] = {
	{ .argv = SYSTEMCTL("thaw", SERVICE), .limit_s = 10, .may_fail = true },
	{ .argv = SYSTEMCTL("kill", "--signal=SIGCONT", SERVICE), .limit_s = 10, .may_fail = true },
	{ .argv = SYSTEMCTL("reset-failed", SERVICE, SOCKET), .limit_s = 10, .may_fail = true },
	{ .say = "starting ClamAV", .limit_s = 60, .argv = SYSTEMCTL("start", SERVICE) },
	/* Refused while the service runs, which then has the socket already. */
	{ .argv = SYSTEMCTL("start", SOCKET), .limit_s = 10, .may_fail = true },
	{ .say = "waiting until clamd answers", .call = restart_silent },
	{ 0 },
};

static int start_clamav(struct report *report, struct fault *fault)
{
	return steps_run(steps_antivirus_start, report, fault);
}

const struct step steps_antivirus_enable[] = {
	{ .say = "unmasking ClamAV",
	  .limit_s = 30,
	  .argv = SYSTEMCTL("unmask", SERVICE, SOCKET, UPDATER) },
	/* What `mask --runtime` made, the call above leaves, and says nothing. */
	{ .argv = SYSTEMCTL("unmask", "--runtime", SERVICE, SOCKET, UPDATER), .limit_s = 30 },
	{ .argv = SYSTEMCTL("daemon-reload"), .limit_s = 60 },
	{ .say = "enabling ClamAV at boot",
	  .limit_s = 60,
	  .argv = SYSTEMCTL("enable", SERVICE, SOCKET) },
	{ .argv = SYSTEMCTL("enable", UPDATER),
	  .limit_s = 60,
	  .needs = "/usr/bin/freshclam",
	  .may_fail = true },
	{ .argv = SYSTEMCTL("--no-block", "start", UPDATER),
	  .limit_s = 10,
	  .needs = "/usr/bin/freshclam",
	  .may_fail = true },
	{ .call = start_clamav },
	{ 0 },
};

static int enable_clamav(struct report *report, struct fault *fault)
{
	return steps_run(steps_antivirus_enable, report, fault);
}

/* chattr +i keeps dpkg from replacing a file. */
static void unlock_file(const char *path)
{
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	int flags;

	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return;
	if (!(flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)))
		return;
	flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
	ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

static int unlock_files(struct report *report, struct fault *fault)
{
	static const char *const lists[] = { "/var/lib/dpkg/info/clamav-daemon.list",
					     "/var/lib/dpkg/info/clamav-base.list" };

	(void)report, (void)fault;
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		_free_ char *text = NULL;
		char *rest, *path;
		size_t len;

		if (io_read(AT_FDCWD, lists[i], FILE_LIST_MAX, &text, &len) < 0)
			continue; /* not installed: nothing that could be locked */
		for (path = strtok_r(text, "\n", &rest); path; path = strtok_r(NULL, "\n", &rest))
			unlock_file(path);
	}
	return 0;
}

/* A unit that runs something else, or a condition that never holds, outlives a reinstall. */
static int bare_units(struct report *report, struct fault *fault)
{
	int r = overrides_set_aside(SERVICE, "extend.conf", report, fault);

	return r < 0 ? r : overrides_set_aside(SOCKET, "extend.conf", report, fault);
}

const struct step steps_antivirus_reinstall[] = {
	{ .call = unlock_files },
	{ .call = apt_await_locks },
	{ .say = "finishing what dpkg left half done",
	  .limit_s = 900,
	  .may_fail = true,
	  .argv = APT_CONFIGURE },
	{ .say = "fetching the package lists",
	  .limit_s = 300,
	  .may_fail = true,
	  .argv = APT_UPDATE },
	{ .say = "installing ClamAV anew",
	  .limit_s = 900,
	  /* Configuration that was removed comes back; a pin that forbids ClamAV does not count. */
	  .argv = STEP_ARGV("/usr/bin/env", "UCF_FORCE_CONFFMISS=1", "/usr/bin/apt-get", "-y",
			    APT_OPTIONS, "-o", "DPkg::Options::=--force-confmiss", "-o",
			    "Dir::Etc::Preferences=/dev/null", "-o",
			    "Dir::Etc::PreferencesParts=/dev/null", "install", "--reinstall",
			    "clamav-base", "clamav-daemon") },
	{ .call = bare_units },
	/* Whatever ran so far may be another program, or this one as it was before. */
	{ .argv = SYSTEMCTL("daemon-reload"), .limit_s = 60 },
	{ .argv = SYSTEMCTL("stop", SERVICE, SOCKET), .limit_s = 120, .may_fail = true },
	{ .call = enable_clamav },
	{ 0 },
};
