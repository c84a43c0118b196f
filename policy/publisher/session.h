/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <sys/types.h>

#include "policy/server.h"

/* lazaret-fetch at work for one address, with hosts' own TLS and limits. */
struct session {
	struct server server;
	pid_t pid;
};

/* helper is the program, NULL for the installed one; ca a PEM file, NULL for the system's. */
int session_open(const char *url, const char *helper, const char *ca, struct session *ret,
		 struct fault *fault);
void session_close(struct session *s);

/* For struct trial; ctx is the session. */
int session_fetch(void *ctx, const char *path, size_t max, char **ret, size_t *len,
		  struct fault *fault);
