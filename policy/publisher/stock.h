/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The targets themselves: files below targets/, named by their hash. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "agent/base/err.h"
#include "policy/mark.h"

#define STOCK_TARGET_MAX (64 * 1024 * 1024) /* hosts take no larger one */

/* May a target have this name?  None leads out of its folder. */
bool stock_fits(const char *target);

/* Puts a target under its name and gives its TARGETS entry; the caller owns *entry. */
int stock_put(int dir, const char *target, const char *text, size_t len, json_t **entry,
	      struct fault *fault);

/* Is each target that a targets body lists there, as it is listed?  -ENOENT, -EBADMSG. */
int stock_check(int dir, json_t *body, struct fault *fault);
