/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files below one base, over one connection that is kept open from one to the next. */
#pragma once

#include "agent/base/cleanup.h"
#include "agent/base/err.h"
#include "agent/base/wire.h"

struct session;

/*
 * Checks the request and reads CA, certificate and key from fds (wire.h says which
 * and when); they stay the caller's.  Connects to nobody yet.  -EINVAL and others
 * with the reason.
 */
int session_open(const struct fetch_open *open, const int *fds, size_t n_fds, struct session **ret,
		 struct fault *fault);
void session_close(struct session *s);
DEFINE_DROP(session, session_close)

/*
 * Connects once, as a request would, and hangs up; before that, sends a packet to an address
 * that no policy names.  got->saw, got->server and got->refused say what came of it, also on an
 * error.
 */
int session_probe(struct session *s, struct fetch_got *got, struct fault *fault);

/*
 * Gets one file.  Status, length and tag go to *got; the body, when the status is
 * 200, to `body`, a file or memfd that is emptied first and again on any failure.
 * Other statuses are answers too, without a body; redirects are not: -EREMOTE.
 * -EINVAL for what may not be asked, -EFBIG for a body over ask->max, -EPROTO for
 * what is not HTTP as we accept it, and the errors of tls.h; always with the reason.
 */
int session_get(struct session *s, const struct fetch_get *ask, int body, struct fetch_got *got,
		struct fault *fault);
