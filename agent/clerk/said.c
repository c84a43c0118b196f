// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agent/clerk/said.h"

/* From `from` up to the last `to`, or to the end without one; false when it is empty or too long.
 */
static bool cut(const char *from, const char *to, char *ret, size_t room)
{
	size_t len = to ? (size_t)(to - from) : strlen(from);

	if (!len || len >= room)
		return false;
	memcpy(ret, from, len);
	ret[len] = '\0';
	return true;
}

static bool cut_who(const char *from, const char *to, struct said *s)
{
	return cut(from, to, s->who, sizeof(s->who)) && !strpbrk(s->who, " \t=[]");
}

/* A command that is too long is shortened: who gave it counts more. */
static void cut_command(const char *from, const char *to, struct said *s)
{
	snprintf(s->command, sizeof(s->command), "%.*s", to ? (int)(to - from) : (int)strlen(from),
		 from);
}

bool said_sudo(const char *text, struct said *ret)
{
	const char *colon, *command;

	text += strspn(text, " ");
	colon = strstr(text, " : ");
	command = colon ? strstr(colon, " ; COMMAND=") : NULL;
	/* A refusal has its reason where this has the terminal or the folder. */
	if (!command || (strncmp(colon + 3, "TTY=", 4) && strncmp(colon + 3, "PWD=", 4)) ||
	    !strstr(colon, " ; USER=root ; ") || !cut_who(text, colon, ret))
		return false;
	cut_command(command + strlen(" ; COMMAND="), NULL, ret);
	return true;
}

bool said_pkexec(const char *text, struct said *ret)
{
	const char *end = strstr(text, ": Executing command [USER=root]");
	const char *command = end ? strstr(end, " [COMMAND=") : NULL, *close;

	close = command ? strrchr(command, ']') : NULL;
	if (!close || !cut_who(text, end, ret))
		return false;
	cut_command(command + strlen(" [COMMAND="), close, ret);
	return true;
}

bool said_doas(const char *text, struct said *ret)
{
	const char *end = strstr(text, " ran command "), *close;

	close = end ? strstr(end, " as root") : NULL;
	if (!close || !cut_who(text, end, ret))
		return false;
	cut_command(end + strlen(" ran command "), close, ret);
	return true;
}

bool said_polkit(const char *text, struct said *ret)
{
	static const char mark[] = " (owned by unix-user:";
	const char *good = strstr(text, " successfully authenticated as unix-user:");
	const char *command = strstr(text, " ["), *owner = NULL, *close;

	/* In the brackets are the caller's own words: what is before and behind them counts. */
	for (const char *at = text; (at = strstr(at, mark)); at++)
		owner = at;
	if (!owner || !good || !command || good > command || command > owner || owner[-1] != ']')
		return false;
	close = strchr(owner, ')');
	if (!close || !cut_who(owner + strlen(mark), close, ret))
		return false;
	cut_command(command + 2, owner - 1, ret);
	return true;
}

bool said_reload(const char *text, struct said *ret)
{
	char comm[16], unit[100];
	unsigned pid;

	if (strncmp(text, "Reload", 6))
		return false;
	text = strstr(text, " requested from client PID ");
	if (!text || sscanf(text, " requested from client PID %u ('%15[^']') (unit %99[^)])", &pid,
			    comm, unit) != 3)
		return false;
	snprintf(ret->who, sizeof(ret->who), "%s (process %u)", comm, pid);
	snprintf(ret->command, sizeof(ret->command), "%s", unit);
	return true;
}
