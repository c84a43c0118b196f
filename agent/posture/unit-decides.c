// SPDX-License-Identifier: GPL-2.0-or-later
/* What a drop-in may set without anybody minding. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent/base/count.h"
#include "agent/base/ini.h"
#include "agent/posture/unit.h"

struct decides {
	bool own, yes;
	char *sets;
};

/*
 * Beginnings of keys; what only describes, orders or restarts is not among them, nor what shows
 * by the daemon's not coming up.
 */
static const char *const decisive[] = {
	"Condition",
	"Assert",
	"Exec",
	"Type",
	"RefuseManualStart",
	"Conflicts",
	"BindsTo",
	"CPU",
	"StartupCPU",
	"StartupIO",
	"AllowedCPUs",
	"CapabilityBoundingSet",
	"Memory",
	"TasksMax",
	"IO",
	"Limit",
	"RuntimeMaxSec",
	"RootDirectory",
	"RootImage",
	"Inaccessible",
	"TemporaryFileSystem",
	"ProtectHome",
	"SystemCall",
	"User",
	"Group",
	"DynamicUser",
	"Service",
	"Sockets",
	"Nice",
	"JoinsNamespaceOf",
	"StartLimit",
	"JobTimeout",
};

/* The same, but empty or "no" they narrow nothing: so container managers write them. */
static const char *const narrowing[] = {
	"Accept",
	"AppArmorProfile",
	"BPFProgram",
	"BindPaths",
	"BindReadOnlyPaths",
	"EnvironmentFile",
	"ExtensionDirectories",
	"ExtensionImages",
	"IPAddressDeny",
	"IPEgressFilterPath",
	"IPIngressFilterPath",
	"MountImages",
	"NetworkNamespacePath",
	"NoExecPaths",
	"PrivateNetwork",
	"PrivateTmp",
	"PrivateUsers",
	"ReadOnly",
	"RestrictFileSystems",
	"RestrictNetworkInterfaces",
	"SELinuxContext",
	"SmackProcessLabel",
	"WatchdogSec",
};
static const char *const around[] = { "ExecStartPre", "ExecStartPost", "ExecReload",
				      "ExecStopPost" };

static bool begins_one(const char *key, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strncmp(key, list[i], strlen(list[i])))
			return true;
	return false;
}

static bool says_no(const char *value)
{
	static const char *const no[] = { "", "0", "no", "false", "off", "n", "f" };

	for (size_t i = 0; i < COUNT(no); i++)
		if (!strcasecmp(value, no[i]))
			return true;
	return false;
}

/* Modes without which nobody but root and the unit's own user comes to its socket. */
static bool closes(const char *key, const char *value)
{
	static const struct {
		const char *key;
		unsigned long others;
	} modes[] = {
		{ "SocketMode", 0002 },
		{ "DirectoryMode", 0001 },
		{ "RuntimeDirectoryMode", 0001 },
	};

	for (size_t i = 0; i < COUNT(modes); i++)
		if (!strcmp(key, modes[i].key))
			return !(strtoul(value, NULL, 8) & modes[i].others);
	return false;
}

/* The loader's own variables (ld.so(8)); a proxy's address is nobody's business. */
static bool loads_other_code(const char *value)
{
	return strstr(value, "LD_") || strstr(value, "GLIBC_TUNABLES");
}

static bool is_decisive(const char *key, const char *value)
{
	if (!strcmp(key, "Environment"))
		return loads_other_code(value);
	if (!strcmp(key, "Slice")) /* others may have limits of their own */
		return strcmp(value, "system.slice") && strcmp(value, "lazaret.slice");
	if (!strncmp(key, "Listen", 6)) /* empty, it takes away what the package listens on */
		return !*value;
	if (closes(key, value))
		return true;
	if (!strcmp(key, "ProtectSystem"))
		return !strcmp(value, "strict");
	if (begins_one(key, narrowing, COUNT(narrowing)))
		return !says_no(value);
	return begins_one(key, decisive, COUNT(decisive));
}

static int on_line(void *ctx, const struct ini_line *l, struct fault *fault)
{
	struct decides *d = ctx;

	(void)fault;
	for (size_t i = 0; d->own && i < COUNT(around); i++)
		if (!strcmp(l->key, around[i]))
			return 0;
	if (!d->yes && is_decisive(l->key, l->value)) {
		d->yes = true;
		snprintf(d->sets, 32, "%s", l->key);
	}
	return 0;
}

bool drop_in_decides(char *text, size_t len, bool own, char sets[32])
{
	struct decides d = { .own = own, .sets = sets };

	for (char *at = text; (at = memchr(at, '\r', len - (size_t)(at - text)));)
		*at = '\n'; /* a line's end to systemd as well */
	if (ini_parse(INI_SYSTEMD, text, len, on_line, &d, NULL) < 0 && !d.yes) {
		d.yes = true;
		snprintf(sets, 32, UNREADABLE);
	}
	return d.yes;
}
