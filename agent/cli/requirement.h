/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <jansson.h>
#include <stdint.h>

/* One of status' requirements: what was seen, what is done about it, until when, whom to call. */
void show_requirement(const json_t *req, int64_t now);
