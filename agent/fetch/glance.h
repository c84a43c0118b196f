/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes back when a page is asked for in the clear: whoever answers may be anybody. */
#pragma once

#include "agent/base/err.h"
#include "agent/base/wire.h"

/*
 * Asks once, as FETCH_GLANCE says (wire.h), and reads no more than the head of the answer.  -EINVAL
 * for what may not be asked, -EPROTO for what is not HTTP as we accept it, and the errors of
 * dial(); always with the reason.
 */
int glance(const struct fetch_open *ask, struct fetch_glanced *ret, struct fault *fault);
