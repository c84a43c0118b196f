/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

/*
 * The least that the kernel can be asked for: n IPv4 addresses in a set for packets and in one for
 * frames, one transaction, in as few and as short messages as there can be, and no rule.  What was
 * laid before is replaced.  -errno.
 */
int limit_lay(uint32_t n, uint32_t (*address)(uint32_t i));
