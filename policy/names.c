// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy/names.h"

void name_of_role(enum role role, char name[NAME_ROOM])
{
	snprintf(name, NAME_ROOM, "%s.json", role_kinds[role].name);
}

void path_of_role(enum role role, int64_t version, char path[NAME_ROOM])
{
	if (version)
		snprintf(path, NAME_ROOM, "metadata/%" PRId64 ".%s.json", version,
			 role_kinds[role].name);
	else
		snprintf(path, NAME_ROOM, "metadata/%s.json", role_kinds[role].name);
}

bool target_fits(const char *target)
{
	for (const char *p = target; *p; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return *target && strlen(target) < NAME_ROOM / 4; /* each byte may become three */
}

static bool is_plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '-' || c == '_' || c == '.' || c == '~';
}

void name_of_target(const char *target, char name[NAME_ROOM])
{
	size_t n = (size_t)sprintf(name, "targets/");

	for (const char *p = target; *p; p++) {
		/* A dot in front would make it hidden, or the folder above. */
		if (is_plain(*p) && (*p != '.' || p > target))
			name[n++] = *p;
		else
			n += (size_t)sprintf(name + n, "%%%02X", (unsigned char)*p);
	}
	name[n] = '\0';
}

void path_of_target(const char *target, const struct mark *mark, char path[NAME_ROOM])
{
	const char *slash = strrchr(target, '/');
	const char *base = slash ? slash + 1 : target;
	size_t n = (size_t)sprintf(path, "targets/%.*s", (int)(base - target), target);

	if (mark) {
		enum digest kind = mark->has[DIGEST_SHA256] ? DIGEST_SHA256 : DIGEST_SHA512;

		for (size_t i = 0; i < digest_kinds[kind].len; i++)
			n += (size_t)sprintf(path + n, "%02x", mark->digest[kind][i]);
		path[n++] = '.';
	}
	strcpy(path + n, base);
}
