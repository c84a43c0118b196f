/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests with real packets share.  Whatever fails here ends the test. */
#pragma once

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

/* A line for the shell. */
void sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Of either family; its length. */
socklen_t make_address(const char *text, uint16_t port, union address *ret);
