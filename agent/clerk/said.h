/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs that act for a user write into the journal, each its own way.  Only text: that
 * the program itself wrote it is for whoever reads the journal to see to.
 */
#pragma once

#include <stdbool.h>

#define SAID_WHO 40

struct said {
	char who[SAID_WHO]; /* a user's name; of said_reload() a process */
	char command[110];
};

/* "alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id": what sudo did, not refused. */
bool said_sudo(const char *text, struct said *ret);
/* "alice: Executing command [USER=root] [TTY=...] [CWD=...] [COMMAND=/usr/bin/id]" */
bool said_pkexec(const char *text, struct said *ret);
/* "alice ran command id as root from /home/alice" */
bool said_doas(const char *text, struct said *ret);
/* polkitd: "... successfully authenticated ... [systemctl stop x] (owned by unix-user:alice)" */
bool said_polkit(const char *text, struct said *ret);
/* systemd since 255: "Reload requested from client PID 4711 ('systemctl') (unit
 * session-3.scope)..." */
bool said_reload(const char *text, struct said *ret);
