// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/entry.h"
#include "policy/digest.h"

const char *const entry_names[ENTRY_COUNT] = {
	[ENTRY_STATE] = "state",       [ENTRY_FAILING] = "failing", [ENTRY_LACKING] = "lacking",
	[ENTRY_REPAIR] = "repair",     [ENTRY_POLICY] = "policy",   [ENTRY_CLOCK] = "clock",
	[ENTRY_RELEASE] = "release",   [ENTRY_LADDER] = "ladder",   [ENTRY_TUG] = "tug",
	[ENTRY_UNDONE] = "undone",     [ENTRY_REBOOT] = "reboot",   [ENTRY_PORTAL] = "portal",
	[ENTRY_FIREWALL] = "firewall",
};

static int sum(const char *line, size_t len, char ret[ENTRY_SUM + 1])
{
	char hex[DIGEST_TEXT];
	int r = digest_make_text(DIGEST_SHA256, line, len, hex);

	if (r == 0)
		snprintf(ret, ENTRY_SUM + 1, "%.*s", ENTRY_SUM, hex);
	return r;
}

static int kind_of(const char *word, bool *kept)
{
	size_t len = strlen(word);

	*kept = len && word[len - 1] == '*';
	len -= *kept;
	for (int i = 0; i < ENTRY_COUNT; i++)
		if (strlen(entry_names[i]) == len && !strncmp(entry_names[i], word, len))
			return i;
	return -EBADMSG;
}

int entry_read(const char *line, size_t len, struct entry *ret)
{
	char want[ENTRY_SUM + 1], text[ENTRY_LINE], kind[16];
	struct entry e = { 0 };
	int at = 0, k;

	if (len <= ENTRY_SUM + 1 || len >= sizeof(text) || memchr(line, '\0', len))
		return -EBADMSG;
	if (sum(line + ENTRY_SUM, len - ENTRY_SUM, want) < 0 || memcmp(line, want, ENTRY_SUM))
		return -EBADMSG;
	snprintf(text, sizeof(text), "%.*s", (int)(len - ENTRY_SUM), line + ENTRY_SUM);
	_Static_assert(POLICY_ID_MAX == 64, "the width below");
	if (sscanf(text, " %" SCNu64 " %" SCNd64 " %15s %63s %" SCNd64 " %n", &e.number, &e.at,
		   kind, e.name, &e.value, &at) != 5)
		return -EBADMSG;
	k = kind_of(kind, &e.kept);
	if (k < 0)
		return k;
	e.kind = (enum entry_kind)k;
	snprintf(e.text, sizeof(e.text), "%s", text + at);
	*ret = e;
	return 0;
}

/* One line it is, whatever the text is. */
static void plain(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

int entry_write(const struct entry *e, char ret[ENTRY_LINE])
{
	char *rest = ret + ENTRY_SUM, hex[ENTRY_SUM + 1];
	int n = snprintf(rest, ENTRY_LINE - ENTRY_SUM,
			 " %" PRIu64 " %" PRId64 " %s%s %s %" PRId64 " %s", e->number, e->at,
			 entry_names[e->kind], e->kept ? "*" : "", *e->name ? e->name : "-",
			 e->value, e->text);

	plain(rest);
	if (sum(rest, (size_t)n, hex) < 0)
		return -EIO;
	memcpy(ret, hex, ENTRY_SUM);
	ret[ENTRY_SUM + n] = '\n';
	return ENTRY_SUM + n + 1;
}
