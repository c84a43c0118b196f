/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* How many elements an array has; of a pointer it would be nonsense. */
#define COUNT(rows) (sizeof(rows) / sizeof(*(rows)))
