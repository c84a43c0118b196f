// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "agent/base/io.h"
#include "agent/remedy/system-bus.h"

#define HELLO_MS 2000

int system_bus_open(sd_bus **ret)
{
	const uint64_t end = io_awake_ms() + HELLO_MS;
	sd_bus *bus = NULL;
	int r = sd_bus_open_system(&bus);

	while (r >= 0 && (r = sd_bus_is_ready(bus)) == 0) {
		uint64_t now = io_awake_ms();

		r = sd_bus_process(bus, NULL);
		if (r == 0)
			r = now < end ? sd_bus_wait(bus, (end - now) * 1000) : -ETIMEDOUT;
	}
	if (r < 0) {
		sd_bus_close_unref(bus); /* to flush it would wait */
		return r;
	}
	*ret = bus;
	return 0;
}
