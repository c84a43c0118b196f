// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/bus.h"

#define BUS	   "run/dbus/system_bus_socket"
#define EVENTS_MAX 4096

const char *const bus_places[] = { BUS, "sys/fs/cgroup/system.slice/dbus.service/cgroup.events",
				   "sys/fs/cgroup/system.slice/dbus-broker.service/cgroup.events",
				   NULL };

static bool is_there(int root, const char *path)
{
	return faccessat(root, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_served(int root)
{
	for (size_t i = 1; bus_places[i]; i++) {
		_free_ char *text = NULL;
		size_t len;

		if (io_read(root, bus_places[i], EVENTS_MAX, &text, &len) == 0 &&
		    strstr(text, "populated 1"))
			return true;
	}
	return false;
}

/* A socket that is connected to it; -ECONNREFUSED or -ENOENT: nobody listens; -EAGAIN, -errno. */
static int dial(int root)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "/proc/self/fd/%d/" BUS, root);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return take_fd(&fd);
}

/* systemd listens where no bus was asked for yet, and starts it then. */
static bool is_answered(int root)
{
	_close_ int fd = dial(root);

	return fd != -ECONNREFUSED && fd != -ENOENT;
}

/* Asked how one may say who one is, a bus answers anybody (D-Bus Specification, AUTH command). */
static bool is_silent(int root, int wait_ms)
{
	static const char ask[] = "\0AUTH\r\n";
	_close_ int fd = dial(root);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (fd < 0)
		return fd == -EAGAIN; /* too many wait already */
	return send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL) > 0 && poll(&p, 1, wait_ms) == 0;
}

enum bus_state bus_look(int root, int wait_ms)
{
	if (!is_there(root, "run/systemd/system") ||
	    !is_there(root, "usr/lib/systemd/system/dbus.socket"))
		return BUS_WELL;
	if (is_served(root))
		return is_silent(root, wait_ms) ? BUS_SILENT : BUS_WELL;
	return is_answered(root) ? BUS_IDLE : BUS_GONE;
}
