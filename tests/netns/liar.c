// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A server that lies: what no real one does on demand.
 *   liar PORT CERT KEY [FOLDER]
 * On PORT the name of the file asked for chooses the lie about HTTP (table `lies`); of
 * LIE,STEP/PATH only a PATH with STEP in it is lied about, the others come from FOLDER.  On the
 * ports after it the lie comes before or in place of TLS (table `early`), and on the last there
 * is silence.  Prints "ready".
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/fetch/compat.h"

#define FOREVER	 1000000000u
#define OK	 "HTTP/1.1 200 OK\r\n"
#define TEN	 "0123456789"
#define HUNDRED	 TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define KILOBYTE HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED

enum end { KEEP, CLOSE, CUT, RESET, HANG };

static const struct lie {
	const char *path, *head, *unit; /* the head once, then the unit so many times */
	unsigned times, pause_ms;	/* before each unit */
	enum end end;
} lies[] = {
	{ "honest", OK "Content-Length: 5\r\n\r\nhello", "", 0, 0, KEEP },
	{ "slow-body", OK "Content-Length: 1000\r\n\r\n", "x", 1000, 50, CLOSE },
	{ "slow-head", OK "X-Slow: ", "x", 1000, 50, CLOSE },
	{ "silent", "", "", 0, 0, HANG },
	{ "silent-body", OK "Content-Length: 5\r\n\r\nhel", "", 0, 0, HANG },
	{ "endless-chunks", OK "Transfer-Encoding: chunked\r\n\r\n", "A\r\n" TEN "\r\n", FOREVER, 0,
	  CLOSE },
	{ "endless-tiny-chunks", OK "Transfer-Encoding: chunked\r\n\r\n", "1;a=b\r\nx\r\n", FOREVER,
	  0, CLOSE },
	{ "endless-to-end", OK "\r\n", KILOBYTE, FOREVER, 0, CLOSE },
	{ "endless-trailers", OK "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n", FOREVER, 0,
	  CLOSE },
	{ "endless-head", OK, "X-More: " KILOBYTE "\r\n", FOREVER, 0, CLOSE },
	{ "endless-fields", OK, "A: b\r\n", FOREVER, 0, CLOSE },
	{ "endless-line", OK "X-More: ", KILOBYTE, FOREVER, 0, CLOSE },
	{ "endless-interim", "", "HTTP/1.1 100 Continue\r\n\r\n", FOREVER, 0, CLOSE },
	{ "endless-error", "HTTP/1.1 500 No\r\n\r\n", KILOBYTE, FOREVER, 0, CLOSE },
	{ "announced", OK "Content-Length: 999999999999\r\n\r\n", "", 0, 0, HANG },
	{ "short", OK "Content-Length: 100\r\n\r\nhello", "", 0, 0, CLOSE },
	{ "short-chunk", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhel", "", 0, 0, CLOSE },
	{ "no-last-chunk", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "", 0, 0, CLOSE },
	{ "long", OK "Content-Length: 5\r\n\r\nhello" OK "Content-Length: 4\r\n\r\nevil", "", 0, 0,
	  KEEP },
	{ "late", OK "Content-Length: 5\r\n\r\nhello", OK "Content-Length: 4\r\n\r\nevil", 1, 100,
	  KEEP },
	{ "to-end", OK "\r\nhello", "", 0, 0, CLOSE },
	{ "cut-to-end", OK "\r\nhello", "", 0, 0, CUT },
	{ "cut-body", OK "Content-Length: 100\r\n\r\nhello", "", 0, 0, CUT },
	{ "cut-head", OK "Content-Le", "", 0, 0, CUT },
	{ "reset-request", "", "", 0, 0, RESET },
	{ "reset-head", OK "Content-Le", "", 0, 0, RESET },
	{ "reset-body", OK "Content-Length: 100\r\n\r\nhello", "", 0, 0, RESET },
	{ "close-after", OK "Content-Length: 5\r\n\r\nhello", "", 0, 0, CLOSE },
	{ "cut-after", OK "Content-Length: 5\r\n\r\nhello", "", 0, 0, CUT },
	{ "redirect",
	  "HTTP/1.1 301 Moved\r\nLocation: https://evil.example/\r\n"
	  "Content-Length: 0\r\n\r\n",
	  "", 0, 0, KEEP },
	{ "error-500", "HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\noops", "", 0, 0, KEEP },
	{ "error-503", "HTTP/1.1 503 Later\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n", "", 0,
	  0, KEEP },
	{ "error-403", "HTTP/1.1 403 Never\r\nContent-Length: 5\r\n\r\nnever", "", 0, 0, KEEP },
	{ "error-503-dead", "HTTP/1.1 503 Dead\r\nRetry-After: 600\r\n\r\n", "", 0, 0, HANG },
	{ "unasked-304", "HTTP/1.1 304 Same\r\n\r\n", "", 0, 0, KEEP },
	{ "gzip", OK "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", "", 0, 0, KEEP },
	{ "both", OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", 0, 0,
	  KEEP },
	{ "not-http", "SSH-2.0-OpenSSH_9.2\r\n", "", 0, 0, CLOSE },
	{ "escape", "HTTP/1.1\033[2J\r\n\r\n", "", 0, 0, CLOSE },
};

static int random_bytes(void *ctx, unsigned char *out, size_t len)
{
	(void)ctx;
	return getrandom(out, len, 0) == (ssize_t)len ? 0 : -1;
}

static int on_recv(void *ctx, unsigned char *buf, size_t len)
{
	ssize_t n = recv(*(int *)ctx, buf, len, 0);

	return n > 0 ? (int)n : MBEDTLS_ERR_SSL_CONN_EOF;
}

static int on_send(void *ctx, const unsigned char *buf, size_t len)
{
	ssize_t n = send(*(int *)ctx, buf, len, MSG_NOSIGNAL);

	return n > 0 ? (int)n : MBEDTLS_ERR_SSL_CONN_EOF;
}

static int write_all(mbedtls_ssl_context *ssl, const char *text)
{
	size_t len = strlen(text);

	while (len) {
		int r = mbedtls_ssl_write(ssl, (const unsigned char *)text, len);

		if (r <= 0)
			return -EIO;
		text += r;
		len -= (size_t)r;
	}
	return 0;
}

/* Closing with this says RST instead of FIN. */
static void reset(int fd)
{
	struct linger now = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void hang(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	poll(&p, 1, -1);
}

static const struct lie *read_request(mbedtls_ssl_context *ssl, char path[4096])
{
	char text[4096] = "";
	size_t n = 0;

	while (!strstr(text, "\r\n\r\n")) {
		int r = mbedtls_ssl_read(ssl, (unsigned char *)text + n, sizeof(text) - 1 - n);

		if (r <= 0)
			return NULL;
		n += (size_t)r;
		text[n] = '\0';
	}
	text[strlen("GET /") + strcspn(text + strlen("GET /"), " ")] = '\0';
	strcpy(path, text + strlen("GET /"));
	for (size_t i = 0; i < COUNT(lies); i++)
		if (strlen(lies[i].path) == strcspn(path, ",") &&
		    !strncmp(lies[i].path, path, strlen(lies[i].path)))
			return &lies[i];
	return NULL;
}

static enum end tell(mbedtls_ssl_context *ssl, const struct lie *lie)
{
	if (write_all(ssl, lie->head) < 0)
		return CUT;
	for (unsigned i = 0; i < lie->times; i++) {
		usleep(lie->pause_ms * 1000);
		if (write_all(ssl, lie->unit) < 0)
			return CUT;
	}
	return lie->end;
}

/* "LIE,STEP/PATH" without STEP in PATH: the truth, which is an answer and no lie. */
static const char *honest_path(char *path)
{
	char *step = strchr(path, ','), *rest = step ? strchr(step, '/') : NULL;

	if (!rest)
		return NULL;
	*rest++ = '\0';
	return strstr(rest, step + 1) ? NULL : rest;
}

static enum end tell_truth(mbedtls_ssl_context *ssl, int folder, const char *path)
{
	_free_ char *text = NULL;
	char head[100];
	size_t len = 0;
	int r = io_read(folder, path, 65536, &text, &len);

	snprintf(head, sizeof(head), "HTTP/1.1 %d It\r\nContent-Length: %zu\r\n\r\n", r ? 404 : 200,
		 len);
	return write_all(ssl, head) < 0 || (text && write_all(ssl, text) < 0) ? CUT : KEEP;
}

static enum end answer(mbedtls_ssl_context *ssl, int folder)
{
	char path[4096];
	const struct lie *lie = read_request(ssl, path);
	const char *honest = lie ? honest_path(path) : NULL;

	if (!lie)
		return CUT;
	return honest ? tell_truth(ssl, folder, honest) : tell(ssl, lie);
}

static void serve_tls(int fd, const mbedtls_ssl_config *conf, int folder)
{
	mbedtls_ssl_context ssl;
	enum end end = KEEP;

	mbedtls_ssl_init(&ssl);
	if (mbedtls_ssl_setup(&ssl, conf))
		return;
	mbedtls_ssl_set_bio(&ssl, &fd, on_send, on_recv, NULL);
	if (mbedtls_ssl_handshake(&ssl) == 0)
		while (end == KEEP)
			end = answer(&ssl, folder);
	if (end == CLOSE)
		mbedtls_ssl_close_notify(&ssl);
	else if (end == RESET)
		reset(fd);
	else if (end == HANG)
		hang(fd);
	mbedtls_ssl_free(&ssl);
}

static void lie_mute(int fd)
{
	hang(fd);
}

static void lie_reset_hello(int fd)
{
	char byte;

	(void)!read(fd, &byte, 1);
	reset(fd);
}

static void lie_plain(int fd)
{
	(void)!write(fd, OK "\r\n", strlen(OK "\r\n"));
	hang(fd);
}

/* A handshake record of 16 KiB that never becomes whole. */
static void lie_drip(int fd)
{
	(void)!write(fd, "\x16\x03\x03\x40\x00\x02\x00\x3f\xf0", 9);
	for (;;) {
		usleep(50000);
		if (send(fd, "", 1, MSG_NOSIGNAL) < 0)
			return;
	}
}

static void lie_close(int fd)
{
	char byte;

	(void)!read(fd, &byte, 1);
	shutdown(fd, SHUT_WR);
}

/* A ServerHello that has begun. */
static void lie_reset_answer(int fd)
{
	char hello[512];

	(void)!read(fd, hello, sizeof(hello));
	(void)!write(fd, "\x16\x03\x03\x00\x5a\x02\x00\x00\x56\x03\x03", 11);
	usleep(20000);
	reset(fd);
}

static void (*const early[])(int fd) = { lie_mute, reset,     lie_reset_hello, lie_plain,
					 lie_drip, lie_close, lie_reset_answer };

static int listen_at(unsigned port, int backlog)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, backlog) < 0)
		return -errno;
	return fd;
}

/* Nobody accepts and the queue is full, so what comes next gets no answer at all. */
static int listen_full(unsigned port)
{
	int listener = listen_at(port, 0);
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	if (listener < 0 || getsockname(listener, (struct sockaddr *)&a, &len) < 0)
		return -errno;
	for (int i = 0; i < 3; i++)
		connect(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
			(struct sockaddr *)&a, len);
	return 0;
}

static void serve(int listener, void (*lie)(int fd), const mbedtls_ssl_config *conf, int folder)
{
	int fd = accept(listener, NULL, NULL), on = 1;

	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (lie)
			lie(fd);
		else
			serve_tls(fd, conf, folder);
		close(fd);
		_exit(0);
	}
	close(fd);
}

static int configure(mbedtls_ssl_config *conf, char **argv)
{
	static mbedtls_x509_crt cert;
	static mbedtls_pk_context key;
	_free_ char *text = NULL;
	size_t len;

	mbedtls_x509_crt_init(&cert);
	mbedtls_pk_init(&key);
	mbedtls_ssl_config_init(conf);
	if (!compat_start() || mbedtls_x509_crt_parse_file(&cert, argv[2]) ||
	    io_read(AT_FDCWD, argv[3], 65536, &text, &len) < 0 ||
	    compat_parse_key(&key, (unsigned char *)text, len + 1, random_bytes) ||
	    mbedtls_ssl_config_defaults(conf, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
					MBEDTLS_SSL_PRESET_DEFAULT))
		return -EINVAL;
	mbedtls_ssl_conf_rng(conf, random_bytes, NULL);
	return mbedtls_ssl_conf_own_cert(conf, &cert, &key) ? -EINVAL : 0;
}

int main(int argc, char **argv)
{
	struct pollfd p[COUNT(early) + 1];
	mbedtls_ssl_config conf;
	unsigned port = argc == 4 || argc == 5 ? (unsigned)atoi(argv[1]) : 0;
	int folder = open(argc == 5 ? argv[4] : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (!port || configure(&conf, argv) < 0)
		return 2;
	signal(SIGCHLD, SIG_IGN);
	for (unsigned i = 0; i < COUNT(p); i++) {
		p[i] = (struct pollfd){ .fd = listen_at(port + i, 16), .events = POLLIN };
		if (p[i].fd < 0)
			return 2;
	}
	if (listen_full(port + COUNT(p)) < 0)
		return 2;
	puts("ready");
	fflush(stdout);
	while (poll(p, COUNT(p), -1) >= 0)
		for (unsigned i = 0; i < COUNT(p); i++)
			if (p[i].revents)
				serve(p[i].fd, i ? early[i - 1] : NULL, &conf, folder);
	return 1;
}
