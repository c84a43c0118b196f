/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#define UNIT_NAME_MAX 96

/*
 * Is it a service by its whole name, as systemctl takes it for one and for nothing else
 * (systemd.unit(5)): no path, no pattern, no template without its instance?  systemd's
 * own, "init.scope", counts, too.
 */
bool unit_name_is_service(const char *name);
