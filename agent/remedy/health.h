/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "policy/health.h"

#define HEALTH_OUTPUT_MAX (64 * 1024) /* bytes */

/*
 * Runs a program of the menu and judges it.  It gets no environment, nothing on standard input and
 * a process group, which ends with it or after limit_ms.  0: its product works; else the fault says
 * what it did instead, or why it was not run: what others than root may change is not.
 */
int health_run(const struct health_entry *e, unsigned limit_ms, struct fault *fault);
