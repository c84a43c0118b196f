/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far a target is looked for (tuf_target() in tuf.h). */
#pragma once

#define TARGET_ROLES_MAX 32 /* delegated roles visited for one target, so also their depth */
