// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "agent/base/io.h"
#include "agent/posture/distribution.h"

/* The value of one line, without its quotes (os-release(5)); of two lines the last one. */
static struct word os_value(const char *text, const char *name)
{
	struct word ret = { 0 };
	size_t n = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, n))
			continue;
		line += n;
		line += *line == '"' || *line == '\'';
		ret = (struct word){ line, strcspn(line, "\"'\n") };
	}
	return ret;
}

int distribution_read(int root, char **text, struct distribution *ret, struct fault *fault)
{
	struct distribution d;
	size_t len;
	int r = io_read(root, OS_RELEASE, OS_RELEASE_MAX, text, &len);

	if (r < 0)
		return fault_set(fault, r, "/%s: %s", OS_RELEASE, strerror(-r));
	d.id = os_value(*text, "ID=");
	d.codename = os_value(*text, "VERSION_CODENAME=");
	d.version = os_value(*text, "VERSION_ID=");
	if (!d.codename.len && !d.version.len)
		return fault_set(fault, -ENODATA, "/%s has no VERSION_CODENAME and no VERSION_ID",
				 OS_RELEASE);
	*ret = d;
	return 0;
}
