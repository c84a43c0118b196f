/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wakes when the host has slept and when its clock was set, by a timer that the kernel cancels
 * at either (TFD_TIMER_CANCEL_ON_SET, timerfd_create(2)): no bus and no privilege.
 */
#pragma once

#include <stdint.h>

struct resume;
struct sd_event;

/* slept: milliseconds of suspend since the last call or the start; 0: only the clock was set. */
typedef void (*resume_told)(void *ctx, uint64_t slept);

/* 0 or -errno. */
int resume_new(struct sd_event *loop, resume_told told, void *ctx, struct resume **ret);
struct resume *resume_free(struct resume *r); /* always NULL; r may be NULL */
