/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <jansson.h>

/* For a host in quarantine: who may use what is open, and whether repair gets through. */
void show_path(const json_t *all);

/* ... and what there is of a captive portal. */
void show_portal(const json_t *all);
