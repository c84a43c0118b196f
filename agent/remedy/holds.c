// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/remedy/copies.h"
#include "agent/remedy/holds.h"
#include "agent/remedy/packager.h"

#define HOLDS	   COPIES_FOLDER "/holds"
#define KEPT	   "/tmp/lazaret-kept" /* the unit's own /tmp */
#define KEPT_MAX   (64 * 1024)
#define LIMIT	   60 /* seconds */
#define FIRST_WORD 4

/* Not by apt-mark, which wants the package in its lists; these may be gone, too. */
#define LIFT                                                                              \
	"umask 077; rm -f " KEPT "; mkdir -p " COPIES_FOLDER " && "                       \
	"dpkg --get-selections \"$@\" 2>/dev/null | grep '[[:space:]]hold$' >" HOLDS "; " \
	"[ -s " HOLDS " ] || exec rm -f " HOLDS "; "                                      \
	"sync " HOLDS " " COPIES_FOLDER "; "                                              \
	"all=$(dpkg-query -W -f '${binary:Package}=${Version} ${db:Status-Want} "         \
	"${db:Status-Status}\\n' \"$@\" 2>/dev/null | grep ' hold '); "                   \
	"gone=' \\(not-installed\\|config-files\\)$'; "                                   \
	"echo \"$all\" | grep -v \"$gone\" | cut -d' ' -f1 >" KEPT "; "                   \
	"lift=$(echo \"$all\" | sed -n \"/$gone/s/=.*/ install/p\"); "                    \
	"[ -z \"$lift\" ] || { echo \"it is not installed, and on hold: ${lift%% *}\"; "  \
	"echo \"$lift\" | dpkg --set-selections; }"
#define LAY "dpkg --set-selections <" HOLDS " && rm -f " HOLDS

/* The first line for a package, or of all; "" where there is none, or it does not fit. */
static const char *holds_line(const char *package, char ret[HOLDS_SPELLED])
{
	const size_t len = strlen(package);
	_free_ char *text = NULL;
	size_t n;

	*ret = '\0';
	if (io_read(AT_FDCWD, KEPT, KEPT_MAX, &text, &n) < 0)
		return ret;
	for (const char *line = text; *line; line += strspn(line, "\n")) {
		const size_t width = strcspn(line, "\n");

		if (width < HOLDS_SPELLED && !strncmp(line, package, len) &&
		    (!len || line[len] == '=')) {
			memcpy(ret, line, width);
			ret[width] = '\0';
			break;
		}
		line += width;
	}
	return ret;
}

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

bool holds_kept(char ret[HOLDS_SPELLED])
{
	return *holds_line("", ret);
}

const char *holds_spell(const char *package, char room[HOLDS_SPELLED])
{
	return *holds_line(package, room) ? room : package;
}

int holds_lay(struct report *report, struct fault *fault)
{
	return access(HOLDS, F_OK) < 0
		       ? 0
		       : packager_run(STEP_ARGV("/bin/sh", "-c", LAY), LIMIT, report, fault);
}
