/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "policy/publisher/workshop.h"

/*
 * The web server's folder.  Hosts have read what is in it, and never go back: a version that is
 * out there stays what it is.
 */

/*
 * Makes it when it is not there.  -EINVAL when keys of a publisher would be served: its own, or
 * those of the workshop, whose path is given.
 */
int outlet_open(const struct workshop *w, const char *workshop, const char *out, int *ret,
		struct fault *fault);

/* -ESTALE when another file has this path of metadata there, or a timestamp that is not older. */
int outlet_check(const struct workshop *w, int out, const char *path, struct fault *fault);
int outlet_check_timestamp(const struct workshop *w, int out, struct fault *fault);
