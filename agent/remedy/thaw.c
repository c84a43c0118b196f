// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/remedy/thaw.h"

#define MANAGER	  "unix:path=/run/systemd/private"
#define WAIT_USEC (5 * 1000000ull)

static int ask(sd_bus *bus, const char *unit, sd_bus_error *error)
{
	int r = sd_bus_set_address(bus, MANAGER);

	if (r >= 0)
		r = sd_bus_set_method_call_timeout(bus, WAIT_USEC);
	if (r >= 0)
		r = sd_bus_start(bus);
	return r < 0 ? r
		     : sd_bus_call_method(bus, NULL, "/org/freedesktop/systemd1",
					  "org.freedesktop.systemd1.Manager", "ThawUnit", error,
					  NULL, "s", unit);
}

int thaw(const char *unit, struct fault *fault)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus = NULL;
	int r = sd_bus_new(&bus);

	if (r >= 0)
		r = ask(bus, unit, &error);
	if (r < 0)
		fault_set(fault, r, "cannot thaw %s: %s", unit,
			  error.message ? error.message : strerror(-r));
	sd_bus_error_free(&error);
	sd_bus_flush_close_unref(bus);
	return r < 0 ? r : 0;
}

static int let_go(int root, const char *file)
{
	_close_ int fd = openat(root, file, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : io_write(fd, "0", 1);
}

int thaw_slice(const char *slice, int root, const char *file, struct fault *fault)
{
	int r = thaw(slice, fault);

	return r < 0 && let_go(root, file) == 0 ? 0 : r;
}
