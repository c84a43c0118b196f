/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks lazaretd over its socket (agent/base/wire.h).
 */
#pragma once

#include <jansson.h>

#include "agent/cli/cli.h"

/*
 * 0 and the answer, an object, which the caller releases with json_decref(); or what it
 * is that stopped us was said on standard error, and the exit status is returned.
 */
int ask(const struct cli *cli, const char *verb, json_t **ret);
