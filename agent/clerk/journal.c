// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/clerk/clerk.h"
#include "agent/clerk/said.h"

#define ENTRIES_MAX   4000
#define MESSAGE_MAX   1024
#define SESSION_MAX   4096
#define TIME_LIMIT_MS 3000

/* Which entries are believed, by a field that only journald sets (systemd.journal-fields(7)). */
static const struct source {
	const char *match, *name;
	bool (*read)(const char *text, struct said *ret);
	enum act_rank rank;
} sources[] = {
	{ "_EXE=/usr/bin/sudo", "sudo", said_sudo, ACT_NAMED },
	{ "_EXE=/usr/bin/pkexec", "pkexec", said_pkexec, ACT_NAMED },
	{ "_EXE=/usr/bin/doas", "doas", said_doas, ACT_NAMED },
	{ "_EXE=/usr/lib/polkit-1/polkitd", "polkit", said_polkit, ACT_NAMED },
	{ "_EXE=/usr/libexec/polkitd", "polkit", said_polkit, ACT_NAMED },
	{ "_PID=1", "systemd", said_reload, ACT_BESIDE },
};
#define SOURCES COUNT(sources)

static void drop_journal(sd_journal **j)
{
	sd_journal_close(*j);
}

static bool read_field(sd_journal *j, const char *name, char *ret, size_t room)
{
	const void *data;
	size_t len, head = strlen(name) + 1;

	if (sd_journal_get_data(j, name, &data, &len) < 0 || len < head || len - head >= room)
		return false;
	memcpy(ret, (const char *)data + head, len - head);
	ret[len - head] = '\0';
	return true;
}

static const struct source *source_of(sd_journal *j)
{
	char exe[80], pid[16];

	if (!read_field(j, "_EXE", exe, sizeof(exe)))
		*exe = '\0';
	if (!read_field(j, "_PID", pid, sizeof(pid)))
		*pid = '\0';
	for (const struct source *s = sources; s < sources + SOURCES; s++)
		if (!strcmp(strchr(s->match, '=') + 1, s->match[1] == 'E' ? exe : pid))
			return s;
	return NULL;
}

/* Whose login that is: logind keeps it in a file for everybody. */
static void name_session(const struct clerk *c, const char *unit, char *ret, size_t room)
{
	_free_ char *text = NULL;
	char path[80], *at;
	size_t len;

	*ret = '\0';
	if (strncmp(unit, "session-", 8))
		return;
	snprintf(path, sizeof(path), "run/systemd/sessions/%.*s", (int)strcspn(unit + 8, "./"),
		 unit + 8);
	if (io_read(c->root, path, SESSION_MAX, &text, &len) < 0)
		return;
	at = strstr(text, "\nUSER=");
	if (at)
		snprintf(ret, room, ", login of %.*s", (int)strcspn(at + 6, "\n"), at + 6);
}

static void tell_reload(struct clerk *c, const struct said *s, struct act *a)
{
	char login[60];

	name_session(c, s->command, login, sizeof(login));
	snprintf(a->text, sizeof(a->text), "systemd: reloaded its units for %s of %.45s%.35s",
		 s->who, s->command, login);
	for (size_t i = 0; i < c->n; i++)
		clerk_tell(c, &c->matters[i], a);
}

static void take_entry(struct clerk *c, sd_journal *j)
{
	const struct source *from = source_of(j);
	char text[MESSAGE_MAX];
	struct said said;
	struct act a;
	uint64_t usec;

	if (!from || sd_journal_get_realtime_usec(j, &usec) < 0 ||
	    !read_field(j, "MESSAGE", text, sizeof(text)) || !from->read(text, &said))
		return;
	a = (struct act){ .at = (int64_t)(usec / 1000000), .rank = from->rank };
	if (from->rank == ACT_BESIDE) {
		tell_reload(c, &said, &a);
		return;
	}
	for (size_t i = 0; i < c->n; i++) {
		if (!deed_is(said.command, &c->matters[i].topic))
			continue;
		snprintf(a.text, sizeof(a.text), "%s: %s ran %s", from->name, said.who,
			 said.command);
		clerk_tell(c, &c->matters[i], &a);
	}
}

void clerk_journal(struct clerk *c)
{
	_drop_(drop_journal) sd_journal *j = NULL;
	const uint64_t end = io_boot_ms() + TIME_LIMIT_MS;
	/* Users' journals as well: what sudo says is kept with the user who called it. */
	int r = sd_journal_open(&j, SD_JOURNAL_LOCAL_ONLY);

	/* Matches of one field are alternatives; two fields need to be told so. */
	for (size_t i = 0; i < SOURCES && r >= 0; i++) {
		if (i && strncmp(sources[i].match, sources[i - 1].match, 4))
			r = sd_journal_add_disjunction(j);
		if (r >= 0)
			r = sd_journal_add_match(j, sources[i].match, 0);
	}
	if (r >= 0)
		r = sd_journal_seek_tail(j);
	/* Newest first: what is told is bounded. */
	for (int n = 0; r >= 0 && n < ENTRIES_MAX && io_boot_ms() < end; n++) {
		uint64_t usec = 0;

		r = sd_journal_previous(j);
		if (r <= 0 || sd_journal_get_realtime_usec(j, &usec) < 0 ||
		    (int64_t)(usec / 1000000) < c->now - CLERK_SPAN)
			return;
		take_entry(c, j);
	}
}
