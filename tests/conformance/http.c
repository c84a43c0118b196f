// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "tests/conformance/http.h"

#define SCHEME	     "http://"
#define HOST_ROOM    256
#define HEAD_MAX     16384
#define WAIT_SECONDS 20

struct address {
	char host[HOST_ROOM], port[8];
	const char *path;
};

static int split(const char *url, struct address *ret)
{
	const char *host = url + strlen(SCHEME), *slash, *colon;

	if (strncmp(url, SCHEME, strlen(SCHEME)) != 0)
		return -EINVAL;
	slash = strchr(host, '/');
	colon = strchr(host, ':');
	if (!slash)
		return -EINVAL;
	if (!colon || colon > slash)
		colon = slash;
	if (colon - host >= HOST_ROOM || slash - colon >= (int)sizeof(ret->port))
		return -EINVAL;
	snprintf(ret->host, HOST_ROOM, "%.*s", (int)(colon - host), host);
	snprintf(ret->port, sizeof(ret->port), "%.*s", (int)(slash - colon), colon + 1);
	ret->port[colon < slash ? slash - colon - 1 : 0] = '\0';
	ret->path = slash;
	return 0;
}

static int connect_one(const struct addrinfo *ai)
{
	const struct timeval wait = { .tv_sec = WAIT_SECONDS };
	_close_ int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0 ||
	    connect(fd, ai->ai_addr, ai->ai_addrlen) < 0)
		return -errno;
	return take_fd(&fd);
}

static int connect_to(const struct address *a, struct fault *fault)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	int fd = -EHOSTUNREACH, e;

	e = getaddrinfo(a->host, *a->port ? a->port : "80", &hints, &list);
	if (e)
		return fault_set(fault, -EHOSTUNREACH, "%s: %s", a->host, gai_strerror(e));
	for (struct addrinfo *ai = list; ai && fd < 0; ai = ai->ai_next)
		fd = connect_one(ai);
	freeaddrinfo(list);
	if (fd < 0)
		fault_set(fault, fd, "%s port %s: %s", a->host, a->port, strerror(-fd));
	return fd;
}

static int ask(int fd, const struct address *a)
{
	_free_ char *text = NULL;
	int n = asprintf(&text, "GET %s HTTP/1.0\r\nHost: %s:%s\r\n\r\n", a->path, a->host,
			 a->port);

	if (n < 0) {
		text = NULL;
		return -ENOMEM;
	}
	return send(fd, text, (size_t)n, MSG_NOSIGNAL) == n ? 0 : -EIO;
}

/* Until the server closes, and never more than room; a NUL follows what was read. */
static int read_all(int fd, size_t room, char **ret, size_t *len)
{
	_free_ char *text = malloc(room + 1);
	size_t got = 0;
	ssize_t n = 1;

	if (!text)
		return -ENOMEM;
	while (n > 0 && got < room) {
		n = recv(fd, text + got, room - got, 0);
		if (n > 0)
			got += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	if (n < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	text[got] = '\0';
	*len = got;
	*ret = take(text);
	return 0;
}

/* What the header says of the body's length, or -1. */
static long long length_of(const char *head, const char *end)
{
	static const char name[] = "content-length:";

	for (const char *p = head; p && p < end; p = strchr(p, '\n')) {
		if (p != head && !strncasecmp(p + 1, name, strlen(name)))
			return strtoll(p + 1 + strlen(name), NULL, 10);
		p++;
	}
	return -1;
}

static int read_body(const char *answer, size_t len, size_t max, char **ret, size_t *ret_len,
		     struct fault *fault)
{
	const char *end = strstr(answer, "\r\n\r\n");
	size_t n;
	int status;

	if (!end || sscanf(answer, "HTTP/1.%*1[01] %3d", &status) != 1)
		return fault_set(fault, -EPROTO, "not an answer in HTTP");
	if (status == 404 || status == 403)
		return -ENOENT;
	if (status != 200)
		return fault_set(fault, -EPROTO, "the server answers %d", status);
	end += strlen("\r\n\r\n");
	n = len - (size_t)(end - answer);
	if (n > max)
		return -EFBIG;
	if (length_of(answer, end) >= 0 && length_of(answer, end) != (long long)n)
		return fault_set(fault, -EPROTO, "the answer is cut or too long");
	*ret = malloc(n + 1);
	if (!*ret)
		return -ENOMEM;
	memcpy(*ret, end, n);
	(*ret)[n] = '\0';
	*ret_len = n;
	return 0;
}

int http_get(const char *url, size_t max, char **ret, size_t *len, struct fault *fault)
{
	_free_ char *answer = NULL;
	_close_ int fd = -1;
	struct address a;
	size_t n = 0;
	int r;

	r = split(url, &a);
	if (r < 0)
		return fault_set(fault, r, "%s: not an address of the form http://HOST/PATH", url);
	fd = connect_to(&a, fault);
	if (fd < 0)
		return fd;
	r = ask(fd, &a);
	if (r == 0)
		r = read_all(fd, HEAD_MAX + max + 1, &answer, &n);
	if (r < 0)
		return fault_set(fault, r, "%s: %s", url, strerror(-r));
	return read_body(answer, n, max, ret, len, fault);
}
