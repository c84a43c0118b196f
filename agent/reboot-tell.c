// SPDX-License-Identifier: GPL-2.0-or-later
/* What is said of a restart of the host: at a login, to programs, and to `lazaret status`. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/io.h"
#include "agent/daemon.h"
#include "agent/plain.h"
#include "agent/reboot.h"

#define FOR_PROGRAMS "restart"
#define FOR_LOGINS   "motd"
#define WHEN	     sizeof("2026-11-21 12:00")

static const char *state_of(const struct reboot *r)
{
	static const char *const names[] = {
		[REBOOT_NONE] = "none",	   [REBOOT_ASKED] = "asked",  [REBOOT_NOW] = "asked",
		[REBOOT_VAIN] = "in-vain", [REBOOT_STUCK] = "failed",
	};

	if (r->begun_ms)
		return "begun";
	return r->run ? "announced" : names[r->plan.stage];
}

static int64_t told_at(int64_t at)
{
	return at == INT64_MAX ? 0 : at;
}

/* When the host restarts by itself; of a try under way that is its end. */
static int64_t planned(const struct reboot *r)
{
	return r->plan.stage == REBOOT_ASKED ? told_at(r->plan.at) : 0;
}

json_t *reboot_json(const struct daemon *d)
{
	const struct reboot *r = d->reboot;

	return json_pack("{s:s, s:o, s:I, s:I, s:I, s:b, s:o}", "state", state_of(r), "why",
			 plain_text(r->why), "waiting", (json_int_t)r->terms.waiting, "until",
			 (json_int_t)told_at(r->terms.until), "at", (json_int_t)planned(r),
			 "forced", r->plan.forced, "outcome", plain_text(r->outcome));
}

static const char *when(int64_t at, char ret[WHEN])
{
	const time_t t = at;
	struct tm tm;

	ret[0] = '\0';
	if (localtime_r(&t, &tm))
		strftime(ret, WHEN, "%F %R", &tm);
	return ret;
}

/* Names of packages come from files; what is shown on terminals has no control bytes. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < 0x20 && *text != '\n') || *text == 0x7f)
			*text = '?';
}

static void put(const struct reboot *r, const char *name, char *text)
{
	make_plain(text);
	if (*text)
		io_replace(r->folder, name, text, strlen(text), 0644);
	else
		unlinkat(r->folder, name, 0);
}

static void put_login(const struct reboot *r)
{
	static const char *const says[] = {
		[REBOOT_NONE] = "",
		[REBOOT_ASKED] = "This host needs a restart",
		[REBOOT_NOW] = "This host needs a restart",
		[REBOOT_VAIN] = "This host was restarted, and still waits for it",
		[REBOOT_STUCK] = "This host could not be restarted, and waits for it",
	};
	char text[640] = "", by[WHEN], at[WHEN];
	int64_t until = told_at(r->terms.until), self = planned(r);

	if (r->plan.stage != REBOOT_NONE)
		snprintf(text, sizeof(text), "%s%s%s%s%s%s: %s\n%s", says[r->plan.stage],
			 until ? " by " : "", until ? when(until, by) : "",
			 self ? " (and restarts by itself at " : "", self ? when(self, at) : "",
			 self ? ")" : "", r->why, "See: lazaret status\n");
	put(r, FOR_LOGINS, text);
}

void reboot_tell(struct reboot *r)
{
	char text[sizeof(r->told)] = "";

	if (r->plan.stage != REBOOT_NONE)
		snprintf(text, sizeof(text),
			 "STATE=%s\nBY=%" PRId64 "\nAT=%" PRId64 "\nWHY=%s\nOUTCOME=%s\n",
			 state_of(r), told_at(r->terms.until), planned(r), r->why, r->outcome);
	if (r->folder < 0 || !strcmp(text, r->told))
		return;
	snprintf(r->told, sizeof(r->told), "%s", text);
	put(r, FOR_PROGRAMS, text);
	put_login(r);
}
