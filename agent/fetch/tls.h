/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One TLS connection whose other side has proven its name.  Deadlines are of io_boot_ms(). */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "agent/base/cleanup.h"
#include "agent/base/err.h"
#include "agent/base/wire.h"
#include "agent/fetch/proxy.h"
#include "agent/fetch/recall.h"
#include "agent/fetch/trust.h"

struct tls;

/* Whom to connect to, and how; all of it must outlive the connection. */
struct tls_way {
	struct trust *trust;
	const char *host, *port;
	struct proxy proxy;
	struct recall recall;
	struct addresses *refused; /* as of dial() */
};

/*
 * Connects, shakes hands, checks chain and name; a session that is remembered is resumed,
 * and forgotten should that fail.  -EKEYREJECTED for the server's certificate, -EPROTO for TLS
 * faults, -ETIMEDOUT, -ECONNRESET, what dial() answers; always with the reason.
 */
int tls_open(const struct tls_way *way, uint64_t end, struct tls **ret, struct fault *fault);

/* Whom it is connected to: the server, or its proxy. */
int tls_peer(const struct tls *t, struct fetch_server *ret);

/* Says goodbye without waiting for it to be heard. */
void tls_close(struct tls *t);
DEFINE_DROP(tls, tls_close)

/* Bytes read; 0 only when the server closed by TLS's own message, so that nothing can be missing.
 */
ssize_t tls_read(struct tls *t, void *buf, size_t len, uint64_t end, struct fault *fault);

/* All of it, by then: 0, or the errors of tls_open() but for the certificate's. */
int tls_write(struct tls *t, const void *data, size_t len, uint64_t end, struct fault *fault);

/* Still open, and nothing has come that nobody asked for. */
bool tls_is_quiet(const struct tls *t);
