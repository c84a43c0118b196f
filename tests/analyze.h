/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells the analyzer, which sees one file at a time, that fault_set() returns its error. */
#pragma once

#include "agent/base/err.h"

#define fault_set(fault, err, ...) (fault_set(fault, err, __VA_ARGS__), (err))
