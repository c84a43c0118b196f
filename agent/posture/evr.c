// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/posture/evr.h"

bool evr_print(const char *epoch, struct word version, struct word release, char ret[EVR_MAX])
{
	bool shown = epoch && *epoch && strcmp(epoch, "0");
	int n = snprintf(ret, EVR_MAX, "%s%s%.*s-%.*s", shown ? epoch : "", shown ? ":" : "",
			 (int)version.len, version.p, (int)release.len, release.p);

	return n > 0 && n < EVR_MAX;
}

/* Where the last but one hyphen is: what is behind it is a version and a release. */
static size_t find_version(struct word text)
{
	size_t at = text.len, hyphens = 0;

	while (at > 0 && hyphens < 2)
		hyphens += text.p[--at] == '-';
	return hyphens == 2 ? at : 0;
}

bool nevra_split(struct word text, struct nevra *ret)
{
	const char *dot = text.len ? memrchr(text.p, '.', text.len) : NULL;
	struct word rest = { text.p, dot ? (size_t)(dot - text.p) : 0 };
	size_t at = find_version(rest);

	if (!at || dot + 1 == text.p + text.len)
		return false;
	ret->name = (struct word){ text.p, at };
	ret->evr = (struct word){ text.p + at + 1, rest.len - at - 1 };
	ret->arch = (struct word){ dot + 1, (size_t)(text.p + text.len - dot - 1) };
	return true;
}

bool evr_of_source(struct word file, struct word *name, struct word *version)
{
	static const struct word ends[] = { WORD(".src.rpm"), WORD(".nosrc.rpm") };
	struct word rest = file;
	size_t at;

	for (size_t i = 0; i < COUNT(ends); i++)
		if (file.len > ends[i].len &&
		    !memcmp(file.p + file.len - ends[i].len, ends[i].p, ends[i].len))
			rest.len = file.len - ends[i].len;
	at = find_version(rest);
	if (!at)
		return false;
	*name = (struct word){ rest.p, at };
	*version = (struct word){ rest.p + at + 1, rest.len - at - 1 };
	return true;
}
