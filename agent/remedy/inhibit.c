// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/remedy/inhibit.h"
#include "agent/remedy/system-bus.h"

#define WAIT_USEC 5000000ull

static int ask(sd_bus *bus, sd_bus_error *error)
{
	sd_bus_message *reply = NULL;
	int fd = -1, r;

	r = sd_bus_set_method_call_timeout(bus, WAIT_USEC);
	if (r >= 0)
		r = sd_bus_call_method(bus, "org.freedesktop.login1", "/org/freedesktop/login1",
				       "org.freedesktop.login1.Manager", "Inhibit", error, &reply,
				       "ssss", "shutdown:sleep", "Lazaret",
				       "software packages are being written", "block");
	if (r >= 0)
		r = sd_bus_message_read(reply, "h", &fd);
	/* The message has the descriptor, and goes. */
	if (r >= 0)
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (r >= 0 && fd < 0)
		r = -errno;
	sd_bus_message_unref(reply);
	return r < 0 ? r : fd;
}

int inhibit(struct report *report)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus = NULL;
	char line[200];
	int r = system_bus_open(&bus);

	if (r >= 0)
		r = ask(bus, &error);
	if (r < 0) {
		snprintf(line, sizeof(line),
			 "+ shutdown and sleep are not held off while packages are written: %.100s",
			 error.message ? error.message : strerror(-r));
		report_line(report, "", line);
	}
	sd_bus_error_free(&error);
	sd_bus_flush_close_unref(bus);
	return r < 0 ? -1 : r;
}
