// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "policy/unit-name.h"

#define CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:-_.\\@"

bool unit_name_is_service(const char *name)
{
	static const char tail[] = ".service";
	size_t len = strlen(name), stem = len - (sizeof(tail) - 1);

	if (!strcmp(name, "init.scope"))
		return true;
	return len < UNIT_NAME_MAX && len >= sizeof(tail) && !strcmp(name + stem, tail) &&
	       strspn(name, CHARS) == len && *name != '-' && *name != '.' && *name != '@' &&
	       name[stem - 1] != '@';
}
