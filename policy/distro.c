// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "policy/distro.h"

const struct distro_kind distro_kinds[] = {
	{ "debian", 1, VERSION_DPKG },	     { "ubuntu", 2, VERSION_DPKG },
	{ "rocky", 1, VERSION_RPM },	     { "almalinux", 1, VERSION_RPM },
	{ "rhel", 1, VERSION_RPM },	     { "sles", 2, VERSION_RPM },
	{ "opensuse-leap", 2, VERSION_RPM }, { "alpine", 2, VERSION_APK },
};
const size_t n_distro_kinds = COUNT(distro_kinds);

const struct distro_kind *distro_find(const char *id)
{
	for (size_t i = 0; i < n_distro_kinds; i++)
		if (!strcmp(distro_kinds[i].id, id))
			return &distro_kinds[i];
	return NULL;
}

/* As os-release(5) wants both: they become part of a file's name. */
static bool is_plain(const char *text)
{
	return *text && *text != '.' &&
	       !text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-")];
}

int distro_release(const char *id, const char *version, char ret[DISTRO_TEXT])
{
	const struct distro_kind *kind = distro_find(id);
	size_t len = 0;

	for (unsigned parts = kind ? kind->parts : 4; version[len]; len++)
		if (version[len] == '.' && !--parts)
			break;
	if (len >= DISTRO_TEXT || !is_plain(version))
		return -EINVAL;
	memcpy(ret, version, len);
	ret[len] = '\0';
	return 0;
}

/* The value of NAME=VALUE, in quotes or not; the last one counts, as in a shell. */
static bool find(const char *text, size_t len, const char *name, char ret[DISTRO_TEXT])
{
	const char *line = text, *end = text + len, *nl;
	size_t n = strlen(name);
	bool found = false;

	for (; line < end; line = nl + 1) {
		const char *from, *to;

		nl = memchr(line, '\n', (size_t)(end - line));
		nl = nl ? nl : end;
		if ((size_t)(nl - line) <= n || memcmp(line, name, n) || line[n] != '=')
			continue;
		from = line + n + 1;
		to = nl;
		if (to - from >= 2 && (*from == '"' || *from == '\'') && to[-1] == *from)
			from++, to--;
		if (to - from >= DISTRO_TEXT)
			return false;
		memcpy(ret, from, (size_t)(to - from));
		ret[to - from] = '\0';
		found = true;
	}
	return found;
}

int distro_read(const char *text, size_t len, struct distro *ret, struct fault *fault)
{
	struct distro d = { 0 };
	char version[DISTRO_TEXT];

	if (!find(text, len, "ID", d.id) || !is_plain(d.id))
		return fault_set(fault, -ENODATA, "os-release has no ID");
	if (!find(text, len, "VERSION_ID", version) || distro_release(d.id, version, d.release) < 0)
		return fault_set(fault, -ENODATA,
				 "os-release has no VERSION_ID, so no feed is made for it");
	*ret = d;
	return 0;
}

int distro_fill(const char *pattern, const struct distro *d, char *ret, size_t room)
{
	const struct {
		const char *mark, *value;
	} marks[] = { { "{id}", d->id }, { "{version}", d->release } };
	size_t n = 0;

	while (*pattern) {
		char one[2] = { *pattern, '\0' };
		const char *put = one;
		size_t skip = 1;

		for (size_t i = 0; i < 2; i++)
			if (!strncmp(pattern, marks[i].mark, strlen(marks[i].mark))) {
				put = marks[i].value;
				skip = strlen(marks[i].mark);
			}
		if (skip == 1 && (*put == '{' || *put == '}'))
			return -EINVAL;
		if (strlen(put) >= room - n)
			return -ENAMETOOLONG;
		n += (size_t)sprintf(ret + n, "%s", put);
		pattern += skip;
	}
	ret[n] = '\0';
	return n ? 0 : -EINVAL;
}
