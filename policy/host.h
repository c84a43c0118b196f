/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host is called in a policy and in a release: derived from its machine's id. */
#pragma once

#include <stdint.h>

#include "policy/code.h"

#define HOST_ID	  10
#define HOST_TEXT CODE_TEXT(HOST_ID)

/* As code.h has it. */
void host_write(const uint8_t host[HOST_ID], char ret[HOST_TEXT]);
int host_read(const char *text, uint8_t ret[HOST_ID]); /* 0 or -EINVAL */
