// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy/names.h"

static bool is_plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '-' || c == '_' || c == '.' || c == '~';
}

/* As much as there is room for; how much it would be. */
static size_t encode(const char *text, char *out, size_t room)
{
	size_t n = 0;

	for (; *text; text++)
		n += (size_t)snprintf(n < room ? out + n : NULL, n < room ? room - n : 0,
				      is_plain(*text) ? "%c" : "%%%02X", (unsigned char)*text);
	return n;
}

bool role_fits(const char *role)
{
	char name[ROLE_NAME_ROOM] = "";

	return *role && encode(role, name, sizeof(name)) < sizeof(name);
}

void name_of_role(const char *role, char name[NAME_ROOM])
{
	char encoded[ROLE_NAME_ROOM] = "";

	encode(role, encoded, sizeof(encoded));
	snprintf(name, NAME_ROOM, "%s.json", encoded);
}

void path_of_role(const char *role, int64_t version, char path[NAME_ROOM])
{
	char name[NAME_ROOM];

	name_of_role(role, name);
	if (version)
		snprintf(path, NAME_ROOM, "metadata/%" PRId64 ".%.*s", version, ROLE_NAME_ROOM + 5,
			 name);
	else
		snprintf(path, NAME_ROOM, "metadata/%.*s", ROLE_NAME_ROOM + 5, name);
}

bool target_fits(const char *target)
{
	for (const char *p = target; *p; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return *target && strlen(target) < NAME_ROOM / 4; /* each byte may become three */
}

void name_of_target(const char *target, char name[NAME_ROOM])
{
	size_t n = (size_t)sprintf(name, "targets/");

	/* A dot in front would make it hidden, or the folder above. */
	if (*target == '.')
		n += (size_t)sprintf(name + n, "%%2E");
	encode(*target == '.' ? target + 1 : target, name + n, NAME_ROOM - n);
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
