// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lazaret-keep: copies what the firewall's front ends are set up by to where only root reads
 * (copies.h), in place of the copies before.  lazaretd asks for it when the firewall is good, by
 * connecting; it takes nothing from outside, changes nothing else, and ends like a remedy
 * (remedy.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/remedy/copies.h"
#include "agent/remedy/remedy.h"

static int keep(struct report *report, struct fault *fault)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_close_ int folder = -1;
	_free_ char *text = NULL;
	char what[40];
	size_t len;
	int r = copies_make(root, report, &text, &len, fault);

	if (r < 0)
		return r;
	if (mkdir(COPIES_FOLDER, 0700) < 0 && errno != EEXIST)
		return fault_set(fault, -errno, COPIES_FOLDER ": %s", strerror(errno));
	folder = open(COPIES_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = folder < 0 ? -errno : io_replace(folder, COPIES_FILE, text, len, 0600);
	if (r < 0)
		return fault_set(fault, r, COPIES_FOLDER "/" COPIES_FILE ": %s", strerror(-r));
	snprintf(what, sizeof(what), "kept %zu bytes", len);
	report_line(report, "+ ", what);
	return 0;
}

int main(void)
{
	struct report report = { .fd = STDOUT_FILENO };
	struct fault fault = { 0 };
	int r;

	umask(077);
	r = keep(&report, &fault);
	report_line(&report, r < 0 ? REMEDY_FAILED : REMEDY_OK, r < 0 ? fault.why : "");
	return r < 0;
}
