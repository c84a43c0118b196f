// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/posture/holders.h"

#define LIST_ROOM     (256 * 1024) /* of TCP's, those that listen come first */
#define LOOK_LIMIT_MS 1000
#define STATE_CLOSE   0x07 /* of include/net/tcp_states.h: bound and not connected */
#define STATE_LISTEN  0x0a

struct walk {
	struct holders found; /* rows without a process are wanted */
	size_t wanted;
	long sockets; /* mnt_id of what is a socket */
	uint64_t end;
};

/* "0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1145 1 ..." */
static void want(struct walk *w, const char *line, unsigned state)
{
	struct holders *f = &w->found;
	uint32_t inode;
	unsigned is;

	if (f->n == HOLDERS_MAX ||
	    sscanf(line, "%*s %*s %*s %x %*s %*s %*s %*u %*u %" SCNu32, &is, &inode) != 2 ||
	    is != state || !inode)
		return;
	f->list[f->n++] = (struct holder){ .inode = inode };
	w->wanted++;
}

static void want_all(struct walk *w, int root, const char *list, unsigned state)
{
	_free_ char *text = malloc(LIST_ROOM);
	_close_ int fd = openat(root, list, O_RDONLY | O_CLOEXEC);
	char *rest, *line;
	size_t len = 0;
	ssize_t n;

	if (!text || fd < 0)
		return;
	while (len < LIST_ROOM - 1 && (n = read(fd, text + len, LIST_ROOM - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		want(w, line, state);
}

static void want_those_that_wait(struct walk *w, int root)
{
	static const struct {
		const char *list;
		unsigned state;
	} lists[] = {
		{ "proc/1/net/tcp", STATE_LISTEN },    { "proc/1/net/tcp6", STATE_LISTEN },
		{ "proc/1/net/udp", STATE_CLOSE },     { "proc/1/net/udp6", STATE_CLOSE },
		{ "proc/1/net/udplite", STATE_CLOSE }, { "proc/1/net/udplite6", STATE_CLOSE },
		{ "proc/1/net/raw", STATE_CLOSE },     { "proc/1/net/raw6", STATE_CLOSE },
	};

	for (size_t i = 0; i < COUNT(lists); i++)
		want_all(w, root, lists[i].list, lists[i].state);
}

/* "pos:\t0\nflags:\t02\nmnt_id:\t9\nino:\t1145\n" */
static bool read_info(int dir, const char *name, long *mount, uint32_t *inode)
{
	_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	char text[256];
	const char *at;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return false;
	text[n] = '\0';
	at = strstr(text, "\nmnt_id:");
	return at && sscanf(at, "\nmnt_id: %ld\nino: %" SCNu32, mount, inode) == 2;
}

static void read_name(int proc, long pid, char name[16])
{
	_free_ char *text = NULL;
	char path[40];
	size_t len;

	snprintf(path, sizeof(path), "%ld/comm", pid);
	if (io_read(proc, path, 64, &text, &len) == 0)
		snprintf(name, 16, "%.*s", (int)strcspn(text, "\n"), text);
}

/* systemd keeps a socket that it hands to a service. */
static void take_socket(struct walk *w, int proc, long pid, uint32_t inode)
{
	for (size_t i = 0; i < w->found.n; i++) {
		struct holder *h = &w->found.list[i];

		if (h->inode != inode || h->pid > 1)
			continue;
		h->pid = (pid_t)pid;
		read_name(proc, pid, h->name);
		w->wanted -= pid > 1;
	}
}

static void walk_process(struct walk *w, int proc, long pid)
{
	char path[40];
	_dir_ DIR *dir = NULL;
	const struct dirent *e;

	snprintf(path, sizeof(path), "%ld/fdinfo", pid);
	dir = io_open_dir(proc, path, 0);
	while (dir && w->wanted && io_boot_ms() < w->end && (e = readdir(dir))) {
		uint32_t inode;
		long mount;

		if (read_info(dirfd(dir), e->d_name, &mount, &inode) && mount == w->sockets)
			take_socket(w, proc, pid, inode);
	}
}

static void walk_all(struct walk *w, DIR *proc)
{
	const struct dirent *e;

	while (w->wanted && io_boot_ms() < w->end && (e = readdir(proc))) {
		char *rest;
		long pid = strtol(e->d_name, &rest, 10);

		if (!*rest && pid > 0)
			walk_process(w, dirfd(proc), pid);
	}
}

int holders_look(int root, struct holders *ret)
{
	struct walk w = { .end = io_boot_ms() + LOOK_LIMIT_MS };
	_dir_ DIR *proc = io_open_dir(root, "proc", 0);
	uint32_t own;

	if (!proc)
		return -errno;
	if (!read_info(dirfd(proc), "self/fdinfo/1", &w.sockets, &own))
		return -EOPNOTSUPP;
	want_those_that_wait(&w, root);
	walk_all(&w, proc);
	*ret = (struct holders){ 0 };
	for (size_t i = 0; i < w.found.n; i++)
		if (w.found.list[i].pid)
			ret->list[ret->n++] = w.found.list[i];
	return 0;
}

const struct holder *holders_find(const struct holders *h, uint32_t inode)
{
	for (size_t i = 0; h && i < h->n; i++)
		if (h->list[i].inode == inode)
			return &h->list[i];
	return NULL;
}

void holders_say(const struct holder *h, char line[HOLDERS_LINE])
{
	snprintf(line, HOLDERS_LINE, "holds %" PRIu32 " %d %s", h->inode, (int)h->pid, h->name);
}

bool holders_hear(struct holders *h, const char *line)
{
	struct holder new = { 0 };
	int pid;

	_Static_assert(sizeof(new.name) == 16, "the width below");
	if (sscanf(line, "holds %" SCNu32 " %d %15[^\n]", &new.inode, &pid, new.name) != 3 ||
	    pid <= 0)
		return false;
	new.pid = pid;
	if (h->n < HOLDERS_MAX)
		h->list[h->n++] = new;
	return true;
}
