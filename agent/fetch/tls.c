// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <mbedtls/net_sockets.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/io.h"
#include "agent/fetch/compat.h"
#include "agent/fetch/dial.h"
#include "agent/fetch/reasons.h"
#include "agent/fetch/resolve.h"
#include "agent/fetch/tls.h"

struct tls {
	mbedtls_ssl_context ssl;
	const struct tls_way *way;
	int fd;
	bool resuming;
	uint64_t since;	      /* when the server's certificate was verified */
	uint64_t end;	      /* of the call that is running */
	int err;	      /* why the last byte could not be moved, or 0 */
	struct fault verdict; /* about the server's certificates */
};

/*
 * mbedTLS's way to the socket.  It waits here, so that mbedTLS never has to be
 * called again, and looks at the clock before each piece: bytes that drip, and
 * records that mbedTLS swallows, run out of time like silence does.
 */
static int on_recv(void *ctx, unsigned char *buf, size_t len)
{
	struct tls *t = ctx;

	for (;;) {
		ssize_t n = -1;

		if (io_boot_ms() >= t->end)
			t->err = -ETIMEDOUT;
		else
			n = recv(t->fd, buf, len, 0);
		if (n > 0)
			return (int)n;
		if (n == 0)
			t->err = -EPIPE; /* an end that anybody on the way can make */
		else if (!t->err && errno == EAGAIN)
			t->err = dial_wait(t->fd, POLLIN, t->end);
		else if (!t->err && errno != EINTR)
			t->err = -errno;
		if (t->err)
			return MBEDTLS_ERR_NET_RECV_FAILED;
	}
}

static int on_send(void *ctx, const unsigned char *buf, size_t len)
{
	struct tls *t = ctx;

	for (;;) {
		ssize_t n = send(t->fd, buf, len, MSG_NOSIGNAL);

		if (n >= 0)
			return (int)n;
		if (errno == EAGAIN)
			t->err = dial_wait(t->fd, POLLOUT, t->end);
		else if (errno != EINTR)
			t->err = -errno;
		if (t->err)
			return MBEDTLS_ERR_NET_SEND_FAILED;
	}
}

/* Told about each certificate from the CA down; the first fault is the one nearest to the root. */
static int on_cert(void *ctx, mbedtls_x509_crt *cert, int depth, uint32_t *flags)
{
	struct tls *t = ctx;
	char why[REASON_MAX];

	t->since = io_boot_ms(); /* not called for a session that is resumed */
	if (*flags)
		fault_set(&t->verdict, -EKEYREJECTED, "%s", reason_cert(cert, depth, *flags, why));
	return 0;
}

static int explain(struct tls *t, int r, const char *doing, struct fault *fault)
{
	char why[REASON_MAX];

	if (t->err == -ETIMEDOUT)
		return fault_set(fault, t->err, "timed out %s", doing);
	if (t->err == -EPIPE)
		return fault_set(fault, -ECONNRESET, "the connection was cut %s", doing);
	if (t->err)
		return fault_set(fault, t->err, "%s %s", strerror(-t->err), doing);
	if (t->verdict.why[0])
		return fault_set(fault, -EKEYREJECTED, "%s", t->verdict.why);
	if (r == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
		return fault_set(fault, -ECONNRESET, "the server closed %s", doing);
	return fault_set(fault, -EPROTO, "%s, %s", reason_code(r, why), doing);
}

static void keep_session(const struct tls *t)
{
	mbedtls_ssl_session session;

	mbedtls_ssl_session_init(&session);
	if (mbedtls_ssl_get_session(&t->ssl, &session) == 0)
		recall_keep(&t->way->recall, &session, t->since);
	mbedtls_ssl_session_free(&session);
}

/* Also keeps the tickets that come along. */
static bool call_again(struct tls *t, int r)
{
	if (compat_is_ticket(r))
		keep_session(t);
	return r == MBEDTLS_ERR_SSL_WANT_READ || r == MBEDTLS_ERR_SSL_WANT_WRITE ||
	       compat_is_ticket(r);
}

static int shake_hands(struct tls *t, struct fault *fault)
{
	int r = mbedtls_ssl_set_hostname(&t->ssl, t->way->host);

	mbedtls_ssl_set_bio(&t->ssl, t, on_send, on_recv, NULL);
	mbedtls_ssl_set_verify(&t->ssl, on_cert, t);
	while (r == 0 && !compat_is_over(&t->ssl)) {
		if (compat_at_certificate(&t->ssl))
			r = trust_load_ca(t->way->trust, fault);
		if (r < 0)
			return r;
		r = mbedtls_ssl_handshake_step(&t->ssl);
		if (call_again(t, r))
			r = 0;
	}
	if (r)
		return explain(t, r, "during the TLS handshake", fault);
	/* Required above already; asked again here because everything hangs on it. */
	if (mbedtls_ssl_get_verify_result(&t->ssl))
		return fault_set(fault, -EKEYREJECTED, "the certificate was not verified");
	if (compat_has_session(&t->ssl))
		keep_session(t);
	return 0;
}

/* Without one, or with one that mbedTLS does not take, it is the whole handshake. */
static void offer_session(struct tls *t)
{
	mbedtls_ssl_session session;

	mbedtls_ssl_session_init(&session);
	t->resuming = recall_load(&t->way->recall, &session, &t->since) &&
		      mbedtls_ssl_set_session(&t->ssl, &session) == 0;
	mbedtls_ssl_session_free(&session);
}

static int connect_way(struct tls *t, uint64_t end, struct fault *fault)
{
	const struct tls_way *w = t->way;
	const struct proxy *p = &w->proxy;

	if (!p->host[0]) {
		t->fd = dial(w->host, w->port, end, w->refused, fault);
		return t->fd < 0 ? t->fd : 0;
	}
	t->fd = dial(p->host, p->port, end, w->refused, fault);
	if (t->fd < 0) {
		fault_prefix(fault, "the proxy %s:%s", p->host, p->port);
		return t->fd;
	}
	return proxy_connect(p, t->fd, w->host, w->port, end, fault);
}

static int open_once(struct tls *t, uint64_t end, bool resume, struct fault *fault)
{
	int r;

	t->end = end;
	t->fd = -1;
	mbedtls_ssl_init(&t->ssl);
	if (mbedtls_ssl_setup(&t->ssl, trust_config(t->way->trust)))
		return fault_set(fault, -ENOMEM, "out of memory");
	r = connect_way(t, end, fault);
	if (r < 0)
		return r;
	if (resume)
		offer_session(t);
	return shake_hands(t, fault);
}

static int open_way(const struct tls_way *way, uint64_t end, bool *resume, struct tls **ret,
		    struct fault *fault)
{
	_drop_(drop_tls) struct tls *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return fault_set(fault, -ENOMEM, "out of memory");
	t->way = way;
	r = open_once(t, end, *resume, fault);
	*resume = t->resuming;
	if (r < 0)
		return r;
	*ret = take(t);
	return 0;
}

int tls_open(const struct tls_way *way, uint64_t end, struct tls **ret, struct fault *fault)
{
	struct fault first = { 0 };
	bool resume = true;
	int r = open_way(way, end, &resume, ret, &first);

	if (r == 0)
		return 0;
	if (r == -ECANCELED)
		return fault_set(fault, r, "%s", first.why);
	/* What is remembered may be what fails: it must not do so again. */
	if (resume)
		recall_forget(&way->recall);
	if (!resume || r == -ETIMEDOUT)
		return fault_set(fault, r, "%s", first.why);
	resume = false;
	return open_way(way, end, &resume, ret, fault);
}

void tls_close(struct tls *t)
{
	t->end = 0;
	if (t->fd >= 0 && !t->err)
		mbedtls_ssl_close_notify(&t->ssl);
	drop_fd(&t->fd);
	mbedtls_ssl_free(&t->ssl);
	free(t);
}

ssize_t tls_read(struct tls *t, void *buf, size_t len, uint64_t end, struct fault *fault)
{
	int r;

	t->end = end;
	do
		r = mbedtls_ssl_read(&t->ssl, buf, len);
	while (call_again(t, r));
	if (r == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
		return 0;
	if (r <= 0)
		return explain(t, r, "while waiting for the answer", fault);
	return r;
}

int tls_write(struct tls *t, const void *data, size_t len, uint64_t end, struct fault *fault)
{
	const unsigned char *p = data;

	t->end = end;
	while (len) {
		int r = mbedtls_ssl_write(&t->ssl, p, len);

		if (call_again(t, r))
			continue;
		if (r <= 0)
			return explain(t, r, "while sending the request", fault);
		p += r;
		len -= (size_t)r;
	}
	return 0;
}

bool tls_is_quiet(const struct tls *t)
{
	char byte;

	return !t->err && !mbedtls_ssl_check_pending(&t->ssl) &&
	       recv(t->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

int tls_peer(const struct tls *t, struct fetch_server *ret)
{
	struct address who = { .len = sizeof(who.to) };

	if (getpeername(t->fd, (struct sockaddr *)&who.to, &who.len) < 0)
		return -errno;
	*ret = address_told(&who);
	return 0;
}
