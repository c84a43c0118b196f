/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rule for all sources of events here: sd-event never calls a source again whose handler
 * failed, and a daemon that is deaf says that all is well.  So whatever memory is lacking for is
 * an overrun: anything may have changed.  What fails for another reason ends the daemon, which
 * opens nothing; systemd starts it anew.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <systemd/sd-event.h>

static inline int source_vital(sd_event_source *s)
{
	return sd_event_source_set_exit_on_failure(s, true);
}

/* The same for one that tells where the host is: it has to be held before anything else is done. */
static inline int source_urgent(sd_event_source *s)
{
	int r = source_vital(s);

	return r < 0 ? r : sd_event_source_set_priority(s, SD_EVENT_PRIORITY_IMPORTANT);
}

static inline bool is_overrun(int err)
{
	return err == ENOBUFS || err == ENOMEM;
}
