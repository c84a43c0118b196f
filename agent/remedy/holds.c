// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <unistd.h>

#include "agent/remedy/copies.h"
#include "agent/remedy/holds.h"
#include "agent/remedy/packager.h"

#define HOLDS	   COPIES_FOLDER "/holds"
#define LIMIT	   60 /* seconds */
#define FIRST_WORD 4

/* Not by apt-mark, which wants the package in its lists; these may be gone, too. */
#define LIFT                                                                                      \
	"umask 077; mkdir -p " COPIES_FOLDER " && "                                               \
	"dpkg --get-selections \"$@\" 2>/dev/null | grep '[[:space:]]hold$' >" HOLDS "; "         \
	"[ -s " HOLDS " ] || exec rm -f " HOLDS "; "                                              \
	"sync " HOLDS " " COPIES_FOLDER "; "                                                      \
	"lift=$(dpkg-query -W -f '${binary:Package} ${db:Status-Want} ${db:Status-Status}\\n' "   \
	"\"$@\" 2>/dev/null | sed -n 's/ hold \\(not-installed\\|config-files\\)$/ install/p'); " \
	"[ -z \"$lift\" ] || { echo \"it is not installed, and on hold: ${lift%% *}\"; "          \
	"echo \"$lift\" | dpkg --set-selections; }"
#define LAY "dpkg --set-selections <" HOLDS " && rm -f " HOLDS

int holds_lift(const struct provider *p, struct report *report, struct fault *fault)
{
	const char *argv[FIRST_WORD + 2 * PROVIDER_ROWS + 1] = { "/bin/sh", "-c", LIFT, "sh" };
	char patterns[PROVIDER_ROWS][PROVIDER_TEXT_MAX + 1];
	size_t n = FIRST_WORD;
	int r = holds_lay(report, fault);

	for (size_t i = 0; i < p->packages.n; i++)
		argv[n++] = p->packages.rows[i];
	for (size_t i = 0; i < p->libraries.n; i++) {
		snprintf(patterns[i], sizeof(patterns[i]), "%s*", p->libraries.rows[i]);
		argv[n++] = patterns[i];
	}
	return r < 0 ? r : packager_run(argv, LIMIT, report, fault);
}

int holds_lay(struct report *report, struct fault *fault)
{
	return access(HOLDS, F_OK) < 0
		       ? 0
		       : packager_run(STEP_ARGV("/bin/sh", "-c", LAY), LIMIT, report, fault);
}
