// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <mbedtls/base64.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/fetch/dial.h"
#include "agent/fetch/http.h"
#include "agent/fetch/proxy.h"
#include "agent/fetch/talk.h"

#define SCHEME	  "http://"
#define PLAIN_MAX 300 /* user:password; becomes longer by a third */

_Static_assert(PLAIN_MAX / 3 * 4 + 5 <= PROXY_LOGIN_MAX, "each login has room");

/* Percent-decoded, up to the end; the length, or -EINVAL for what cannot be sent. */
static int decode(const char *from, const char *end, char out[PLAIN_MAX])
{
	size_t n = 0;

	while (from < end) {
		int c = (unsigned char)*from++;

		if (c == '%') {
			if (end - from < 2 || http_hex(from[0]) < 0 || http_hex(from[1]) < 0)
				return -EINVAL;
			c = http_hex(from[0]) << 4 | http_hex(from[1]);
			from += 2;
		}
		if (c < 0x20 || c == 0x7f || n == PLAIN_MAX)
			return -EINVAL;
		out[n++] = (char)c;
	}
	return (int)n;
}

/* user:password.  What is in here is not repeated in a reason. */
static int take_login(const char *text, size_t len, struct proxy *p, struct fault *fault)
{
	const char *colon = memchr(text, ':', len);
	char plain[PLAIN_MAX];
	size_t encoded;
	int n = decode(text, text + len, plain);

	if (!colon || colon == text || n < 0)
		return fault_set(fault, -EINVAL,
				 "user:password before the @ is malformed; percent-encode "
				 "what is not a letter or digit");
	if (mbedtls_base64_encode((unsigned char *)p->login, sizeof(p->login), &encoded,
				  (unsigned char *)plain, (size_t)n))
		return fault_set(fault, -EINVAL, "user:password is too long");
	explicit_bzero(plain, sizeof(plain));
	return 0;
}

static bool is_address(int family, const char *text)
{
	unsigned char out[16];

	return inet_pton(family, text, out) == 1;
}

/* host:port or [address]:port */
static int take_host(char *text, struct proxy *p, struct fault *fault)
{
	char *host = text, *colon = strrchr(text, ':');
	size_t len;
	int r = 0;

	if (!colon)
		return fault_set(fault, -EINVAL, "\"%s\" has no port", text);
	*colon = '\0';
	len = strlen(host);
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		host++;
		if (!is_address(AF_INET6, host))
			return fault_set(fault, -EINVAL, "\"%s\" is not an address", host);
	} else if (!is_address(AF_INET, host)) {
		r = url_check_host(host, fault);
	}
	if (r == 0)
		r = url_check_port(colon + 1, fault);
	if (r < 0)
		return r;
	memcpy(p->host, host, strlen(host) + 1);
	memcpy(p->port, colon + 1, strlen(colon + 1) + 1);
	return 0;
}

int proxy_parse(const char *text, struct proxy *ret, struct fault *fault)
{
	char copy[WIRE_URL_MAX];
	struct proxy p = { 0 };
	char *at, *rest = copy;
	size_t len;
	int r = 0;

	if (strncmp(text, SCHEME, strlen(SCHEME)))
		return fault_set(fault, -EINVAL, "the address of a proxy begins with " SCHEME);
	if (snprintf(copy, sizeof(copy), "%s", text + strlen(SCHEME)) >= (int)sizeof(copy))
		return fault_set(fault, -EINVAL, "longer than %d characters", WIRE_URL_MAX - 1);
	len = strlen(copy);
	if (len && copy[len - 1] == '/')
		copy[len - 1] = '\0';
	at = strrchr(copy, '@');
	if (at) {
		r = take_login(copy, (size_t)(at - copy), &p, fault);
		rest = at + 1;
	}
	if (r == 0)
		r = take_host(rest, &p, fault);
	explicit_bzero(copy, sizeof(copy));
	if (r < 0)
		return r;
	*ret = p;
	return 0;
}

static int send_connect(const struct proxy *p, const struct talk *t, const char *host,
			const char *port, struct fault *fault)
{
	char text[TALK_MAX];
	int n = snprintf(
		text, sizeof(text),
		"CONNECT %s:%s HTTP/1.1\r\nHost: %s:%s\r\nUser-Agent: lazaret\r\n%s%s%s\r\n", host,
		port, host, port, p->login[0] ? "Proxy-Authorization: Basic " : "", p->login,
		p->login[0] ? "\r\n" : "");
	int r = talk_send(t, text, (size_t)n, fault);

	explicit_bzero(text, sizeof(text));
	if (r < 0)
		fault_prefix(fault, "CONNECT");
	return r;
}

static const struct {
	unsigned status;
	int err;
	const char *why;
} refusals[] = {
	{ 403, -EACCES, "it forbids this connection (403)" },
	{ 502, -EHOSTUNREACH, "it cannot reach the server (502)" },
	{ 503, -EHOSTUNREACH, "it cannot reach the server now (503)" },
	{ 504, -EHOSTUNREACH, "it got no answer from the server (504)" },
};

static int judge(const struct proxy *p, unsigned status, struct fault *fault)
{
	if (status >= 200 && status < 300)
		return 0;
	if (status == 407)
		return fault_set(fault, -EACCES, "it %s (407)",
				 p->login[0] ? "does not accept our user and password"
					     : "wants a user and password");
	for (size_t i = 0; i < COUNT(refusals); i++)
		if (status == refusals[i].status)
			return fault_set(fault, refusals[i].err, "%s", refusals[i].why);
	return fault_set(fault, -EPROTO, "it answered CONNECT with status %u", status);
}

int proxy_connect(const struct proxy *p, int fd, const char *host, const char *port, uint64_t end,
		  struct fault *fault)
{
	struct talk t = { fd, end };
	_free_ struct http_in *in = calloc(1, sizeof(*in));
	struct http_head head;
	int r;

	if (!in)
		return fault_set(fault, -ENOMEM, "out of memory");
	in->more = talk_more;
	in->ctx = &t;
	r = send_connect(p, &t, host, port, fault);
	if (r == 0)
		r = http_read_head(in, &head, fault);
	if (r == 0)
		r = judge(p, head.status, fault);
	/* In TLS the server waits for us, so what follows is not the server's. */
	if (r == 0 && in->at < in->end)
		r = fault_set(fault, -EPROTO, "it sent more than its answer");
	if (r < 0)
		fault_prefix(fault, "the proxy %s:%s", p->host, p->port);
	return r;
}
