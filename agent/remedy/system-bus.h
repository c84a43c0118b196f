/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <systemd/sd-bus.h>

/*
 * Connects to the system bus, and knows within two seconds whether it answers: sd-bus itself waits
 * a minute and a half for one that is stopped, and so does any call.  0, -ETIMEDOUT or -errno.
 */
int system_bus_open(sd_bus **ret);
