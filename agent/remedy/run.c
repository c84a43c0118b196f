// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/remedy/demand.h"
#include "agent/remedy/inhibit.h"
#include "agent/remedy/remedy.h"

static const struct step *const steps[REMEDY_COUNT] = {
	[REMEDY_PATCHES_INSTALL] = steps_patches_install,
	[REMEDY_SERVICES_RESTART] = steps_services_restart,
	[REMEDY_ANTIVIRUS_START] = steps_antivirus_start,
	[REMEDY_ANTIVIRUS_ENABLE] = steps_antivirus_enable,
	[REMEDY_ANTIVIRUS_RESTORE] = steps_antivirus_restore,
	[REMEDY_ANTIVIRUS_REINSTALL] = steps_antivirus_reinstall,
	[REMEDY_FIREWALL_ENABLE] = steps_firewall_enable,
	[REMEDY_HOST_REBOOT] = steps_host_reboot,
};

static bool writes_packages(enum remedy remedy)
{
	return remedy == REMEDY_PATCHES_INSTALL || remedy == REMEDY_ANTIVIRUS_REINSTALL;
}

int remedy_await_go(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char go = REMEDY_NOT;
	int n = poll(&p, 1, ms);

	if (n <= 0)
		return n < 0 ? -errno : -ETIMEDOUT;
	if (read(fd, &go, 1) != 1)
		return -EPIPE;
	return go == REMEDY_GO ? 0 : -ECANCELED;
}

int remedy_run(enum remedy remedy, int out)
{
	struct report report = { .fd = out,
				 .end_ms = io_awake_ms() + demand_limit(remedy) * 1000ull };
	_close_ int awake = writes_packages(remedy) ? inhibit(&report) : -1;
	struct fault fault = { 0 };
	int r = steps_run(steps[remedy], &report, &fault);

	if (r < 0) {
		log_err("%s: %s", remedy_menu[remedy].name, fault.why);
		report_line(&report, REMEDY_FAILED, fault.why);
		return r;
	}
	log_info("%s: done", remedy_menu[remedy].name);
	report_line(&report, REMEDY_OK, "");
	return 0;
}
