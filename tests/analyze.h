/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the analyzer, which sees one file at a time, cannot know: fault_set() returns its error. */
#pragma once

#include "agent/base/err.h"

#define fault_set(fault, err, ...) (fault_set(fault, err, __VA_ARGS__), (err))

#define CONFIG_POSTURE_RPM 1  /* an option whose sources are read, too */
#define LIBEXEC_DIR	   "" /* the Makefile's */
