// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/remedy/copies.h"
#include "agent/remedy/ufw-rules.h"

#define FOLDER "etc/ufw/"
#define ENDING ".rules"

static const char *const files[] = { FOLDER "user" ENDING, FOLDER "user6" ENDING };

bool ufw_rules_of_user(const char *path)
{
	for (size_t i = 0; i < COUNT(files); i++)
		if (!strcmp(path, files[i]))
			return true;
	return false;
}

bool ufw_rules_are_reset(const char *path)
{
	size_t len = strlen(path);

	return !strncmp(path, FOLDER, strlen(FOLDER)) && len > strlen(ENDING) &&
	       !strcmp(path + len - strlen(ENDING), ENDING);
}

/* ufw's own note of a rule; and what somebody wrote into the file by hand, who counts, too. */
bool ufw_rules_in(const char *text, size_t len)
{
	static const char *const marks[] = { "### tuple ###", "-A ufw-user-input ",
					     "-A ufw6-user-input " };

	for (size_t i = 0; i < COUNT(marks); i++)
		if (memmem(text, len, marks[i], strlen(marks[i])))
			return true;
	return false;
}

bool ufw_rules_below(int root)
{
	for (size_t i = 0; i < COUNT(files); i++) {
		_free_ char *text = NULL;
		size_t len;

		if (io_read(root, files[i], COPIES_BYTES, &text, &len) == 0 &&
		    ufw_rules_in(text, len))
			return true;
	}
	return false;
}
