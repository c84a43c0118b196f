// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "policy/menu.h"

const char *const check_names[CHECK_COUNT] = {
	[CHECK_PATCHES] = "patches",
	[CHECK_ANTIVIRUS] = "antivirus",
	[CHECK_FIREWALL] = "firewall",
};

const struct remedy_entry remedy_menu[REMEDY_COUNT] = {
	[REMEDY_PATCHES_INSTALL] = { "patches-install", CHECK_PATCHES, 0, true },
	[REMEDY_SERVICES_RESTART] = { "services-restart", CHECK_PATCHES, 1800, false },
	[REMEDY_ANTIVIRUS_START] = { "antivirus-start", CHECK_ANTIVIRUS, 600, false },
	[REMEDY_ANTIVIRUS_ENABLE] = { "antivirus-enable", CHECK_ANTIVIRUS, 900, false },
	[REMEDY_ANTIVIRUS_RESTORE] = { "antivirus-restore", CHECK_ANTIVIRUS, 900, false },
	[REMEDY_ANTIVIRUS_REINSTALL] = { "antivirus-reinstall", CHECK_ANTIVIRUS, 3600, true },
	[REMEDY_FIREWALL_ENABLE] = { "firewall-enable", CHECK_FIREWALL, 600, false },
	[REMEDY_HOST_REBOOT] = { "host-reboot", CHECK_COUNT, 0, false },
};

const char *const patch_state_names[PATCH_STATES] = {
	[PATCH_AVAILABLE] = "fix-available",
	[PATCH_RESTART] = "restart-needed",
	[PATCH_HELD] = "held",
	[PATCH_NOT_OFFERED] = "not-offered",
	[PATCH_NO_FIX] = "no-fix",
};

int check_find(const char *name)
{
	for (int i = 0; i < CHECK_COUNT; i++)
		if (!strcmp(check_names[i], name))
			return i;
	return -ENOENT;
}

int remedy_find(const char *name)
{
	for (int i = 0; i < REMEDY_COUNT; i++)
		if (!strcmp(remedy_menu[i].name, name))
			return i;
	return -ENOENT;
}

unsigned remedy_limit(enum remedy remedy, uint64_t policy)
{
	unsigned own = remedy_menu[remedy].limit ? remedy_menu[remedy].limit : REMEDY_LIMIT_MAX;

	return policy && policy < own ? (unsigned)policy : own;
}

int patch_state_find(const char *name)
{
	for (int i = 0; i < PATCH_STATES; i++)
		if (!strcmp(patch_state_names[i], name))
			return i;
	return -ENOENT;
}
