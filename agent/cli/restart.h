/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <jansson.h>

/* Of the answer to `status`: a restart that the host waits for; nothing while it waits for none. */
void show_restart(const json_t *all);
