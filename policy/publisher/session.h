/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <sys/types.h>

#include "policy/server.h"

/* lazaret-fetch at work for one address, with hosts' own TLS and limits. */
struct session {
	struct server server;
	pid_t pid;
};

/* Files, and what proxy.h says; NULL: what is installed, the system's, no certificate, environment.
 */
struct session_plan {
	const char *helper, *ca, *certificate, *private_key, *proxy;
};

/*
 * Starts the helper and opens the address.  0, or -errno with the reason, which begins with the
 * address.  session_close() ends it and waits for the helper.
 */
int session_open(const char *url, const struct session_plan *plan, struct session *ret,
		 struct fault *fault);
void session_close(struct session *s);

/* For struct trial; ctx is the session. */
int session_fetch(void *ctx, const char *path, size_t max, char **ret, size_t *len,
		  struct fault *fault);
