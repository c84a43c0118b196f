/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `lazaret policy` asks for: what the policy in force demands. */
#pragma once

struct daemon;

/* JSON, which the caller frees; NULL: no memory. */
char *demands_text(const struct daemon *d);
