/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `lazaret` may ask the daemon for, and who may ask for it. */
#pragma once

#include <sys/types.h>

/* A control_verb (control.h), whose ctx is the struct daemon. */
int verbs_answer(void *ctx, const char *verb, uid_t who, char **reply);
