// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <sys/random.h>
#include <systemd/sd-id128.h>

#include "agent/poll.h"

#define LAZARET_ID SD_ID128_MAKE(f2, c2, 8b, 0a, 5e, 61, 4d, 5b, 9a, 36, 1c, 7d, e4, 90, 27, b3)

uint64_t poll_host(void)
{
	sd_id128_t id;
	uint64_t host = 0;

	if (sd_id128_get_machine_app_specific(LAZARET_ID, &id) >= 0)
		memcpy(&host, &id, sizeof(host));
	else if (getrandom(&host, sizeof(host), GRND_NONBLOCK) != sizeof(host))
		host = 0;
	return host;
}

uint64_t poll_wait(uint64_t interval, int64_t now, uint64_t host)
{
	uint64_t since = ((uint64_t)now + interval - host % interval) % interval;
	uint64_t wait = interval - since;

	return wait < interval / 10 ? wait + interval : wait;
}
