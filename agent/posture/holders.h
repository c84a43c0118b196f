/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which process holds a socket that waits for others, as lazaret-witness sees it: the lists of
 * sockets say which wait, and the fdinfo of descriptors what is open (proc(5); its "ino" is of
 * Linux 5.14).  For people only: nothing is decided by it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HOLDERS_MAX 256

struct holders {
	size_t n;
	struct holder {
		uint32_t inode; /* of the socket */
		pid_t pid;	/* the first process that has it, systemd itself last */
		char name[16];	/* as it calls itself */
	} list[HOLDERS_MAX];
};

/*
 * Of the network that process 1 of `root`/proc is in; our standard output is a socket, which tells
 * sockets from files.  It ends within a second, with what it found until then.  0 or -errno.
 */
int holders_look(int root, struct holders *ret);

/* NULL: not known. */
const struct holder *holders_find(const struct holders *h, uint32_t inode);

/* One as a line for another process, and back; of another line: false. */
#define HOLDERS_LINE 80
void holders_say(const struct holder *h, char line[HOLDERS_LINE]);
bool holders_hear(struct holders *h, const char *line);
