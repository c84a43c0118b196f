/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modules.yaml of a repository, in the form in which libmodulemd writes it: documents of kind
 * modulemd (one stream, and which packages are of it) and modulemd-defaults (which stream a module
 * has unless somebody chose).  It is no reader of YAML: what stands in another form is refused.
 */
#pragma once

#include "agent/base/err.h"
#include "agent/posture/evr.h"
#include "agent/posture/unpack.h"

#define MODULEMD_NAME_MAX 128

/* Less than 0 ends the reading; texts are gone after a call. */
struct modulemd_calls {
	/* A stream begins, and then its packages. */
	int (*stream)(void *ctx, const char *module, const char *stream);
	int (*package)(void *ctx, const struct nevra *package);
	int (*preset)(void *ctx, const char *module, const char *stream);
};

/* What a call answered; -EBADMSG and the fault's line; -ENOMEM, or the errors of unpack_read(). */
int modulemd_read(struct unpack *in, const struct modulemd_calls *calls, void *ctx,
		  struct fault *fault);
