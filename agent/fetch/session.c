// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/io.h"
#include "agent/fetch/http.h"
#include "agent/fetch/probe.h"
#include "agent/fetch/resolve.h"
#include "agent/fetch/session.h"
#include "agent/fetch/tls.h"
#include "agent/fetch/url.h"

#define TIMEOUT_MAX_MS (10 * 60 * 1000)
#define REQUEST_MAX    2048
#define DISCARD_MAX    65536 /* an error page is read past, up to here, to keep the connection */

struct session {
	struct trust *trust;
	struct url base;
	struct tls_way way; /* to the base */
	uint32_t timeout_ms;
	char report[WIRE_REPORT_MAX];
	struct tls *tls; /* NULL while there is no connection */
};

/* One question and its answer. */
struct exchange {
	struct session *s;
	const struct fetch_get *ask;
	int body;
	uint64_t end;
	struct http_in in;
};

/* It cannot end its line, nor the head. */
static bool is_visible(const char *text)
{
	while (*text >= ' ' && *text <= '~')
		text++;
	return !*text;
}

static int check_open(const struct fetch_open *open, size_t n_fds, struct fault *fault)
{
	size_t want = 1u + (open->flags & FETCH_HAS_CLIENT ? 2 : 0) +
		      (open->flags & FETCH_HAS_MEMORY ? 1 : 0);

	if (!wire_text_ok(open->base) || !wire_text_ok(open->proxy))
		return fault_set(fault, -EINVAL, "base or proxy does not end within its room");
	if (!wire_text_ok(open->report) || !is_visible(open->report))
		return fault_set(fault, -EINVAL, "the report is no line of visible text");
	if (open->flags & ~(FETCH_HAS_CLIENT | FETCH_HAS_MEMORY | FETCH_PROBE))
		return fault_set(fault, -EINVAL, "unknown flags 0x%x", open->flags);
	if (n_fds != want)
		return fault_set(fault, -EINVAL, "%zu descriptors where %zu belong", n_fds, want);
	if (!open->timeout_ms || open->timeout_ms > TIMEOUT_MAX_MS)
		return fault_set(fault, -EINVAL, "a timeout of %u ms; 1 to %u can be had",
				 open->timeout_ms, TIMEOUT_MAX_MS);
	return 0;
}

static int set_way(struct session *s, const struct fetch_open *open, const int *fds, size_t n_fds,
		   struct fault *fault)
{
	s->way.trust = s->trust;
	s->way.host = s->base.host;
	s->way.port = s->base.port;
	if (open->proxy[0]) {
		int r = proxy_parse(open->proxy, &s->way.proxy, fault);

		if (r < 0) {
			fault_prefix(fault, "proxy");
			return r;
		}
	}
	if (!(open->flags & FETCH_HAS_MEMORY))
		return 0;
	s->way.recall.fd = fcntl(fds[--n_fds], F_DUPFD_CLOEXEC, 3);
	if (s->way.recall.fd < 0)
		return fault_set(fault, -errno, "the memory cannot be kept: %m");
	recall_identify(&s->way.recall, s->base.host, s->base.port, fds, n_fds);
	return 0;
}

int session_open(const struct fetch_open *open, const int *fds, size_t n_fds, struct session **ret,
		 struct fault *fault)
{
	_drop_(drop_session) struct session *s = calloc(1, sizeof(*s));
	bool client;
	int r;

	if (!s)
		return fault_set(fault, -ENOMEM, "out of memory");
	s->way.recall.fd = -1;
	r = check_open(open, n_fds, fault);
	if (r < 0)
		return r;
	r = url_parse(open->base, &s->base, fault);
	if (r < 0) {
		fault_prefix(fault, "base URL");
		return r;
	}
	client = open->flags & FETCH_HAS_CLIENT;
	r = trust_new(fds[0], client ? fds[1] : -1, client ? fds[2] : -1, &s->trust, fault);
	if (r == 0)
		r = set_way(s, open, fds, n_fds, fault);
	if (r == 0 && !recall_holds(&s->way.recall))
		r = trust_load_ca(s->trust, fault);
	if (r < 0)
		return r;
	s->timeout_ms = open->timeout_ms;
	memcpy(s->report, open->report, sizeof(s->report));
	*ret = take(s);
	return 0;
}

static void hang_up(struct session *s)
{
	if (s->tls)
		tls_close(take(s->tls));
}

void session_close(struct session *s)
{
	hang_up(s);
	if (s->trust)
		trust_free(s->trust);
	drop_fd(&s->way.recall.fd);
	free(s);
}

static int check_ask(const struct fetch_get *ask, int body, struct fault *fault)
{
	struct stat st;

	if (!wire_text_ok(ask->path) || !wire_text_ok(ask->etag))
		return fault_set(fault, -EINVAL, "path or tag does not end within its room");
	if (ask->etag[0] && !http_etag_ok(ask->etag))
		return fault_set(fault, -EINVAL, "not an entity tag: %.60s", ask->etag);
	if (fstat(body, &st) < 0 || !S_ISREG(st.st_mode))
		return fault_set(fault, -EINVAL, "the body's descriptor is not a file");
	return url_check_path(ask->path, fault);
}

static ssize_t on_more(void *ctx, void *buf, size_t len, struct fault *fault)
{
	struct exchange *x = ctx;

	return tls_read(x->s->tls, buf, len, x->end, fault);
}

static int on_body(void *ctx, const void *data, size_t len, struct fault *fault)
{
	struct exchange *x = ctx;
	int r = io_write(x->body, data, len);

	return r < 0 ? fault_set(fault, r, "the body cannot be written: %s", strerror(-r)) : 0;
}

static int on_discard(void *ctx, const void *data, size_t len, struct fault *fault)
{
	(void)ctx, (void)data, (void)len, (void)fault;
	return 0;
}

static int empty(int fd)
{
	return ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

static int send_request(struct exchange *x, struct fault *fault)
{
	const struct url *u = &x->s->base;
	const bool usual = !strcmp(u->port, "443"), tag = x->ask->etag[0], report = x->s->report[0];
	char text[REQUEST_MAX];
	int n = snprintf(text, sizeof(text),
			 "GET %s%s HTTP/1.1\r\nHost: %s%s%s\r\nUser-Agent: lazaret\r\n"
			 "Accept-Encoding: identity\r\n%s%s%s%s%s%s\r\n",
			 u->folder, x->ask->path, u->host, usual ? "" : ":", usual ? "" : u->port,
			 tag ? "If-None-Match: " : "", x->ask->etag, tag ? "\r\n" : "",
			 report ? "Lazaret-Report: " : "", x->s->report, report ? "\r\n" : "");

	if (n < 0 || (size_t)n >= sizeof(text))
		return fault_set(fault, -EINVAL, "the request is longer than %zu bytes",
				 sizeof(text));
	return tls_write(x->s->tls, text, (size_t)n, x->end, fault);
}

/* Statuses that are no answer to our question. */
static int judge(const struct exchange *x, const struct http_head *head, struct fault *fault)
{
	if (head->status == 304 && !x->ask->etag[0])
		return fault_set(fault, -EPROTO,
				 "the server sent 304 without being asked for a change");
	if (head->status >= 300 && head->status < 400 && head->status != 304)
		return fault_set(fault, -EREMOTE, "the server sent %u (redirects are refused)",
				 head->status);
	if (head->status == 200 && head->encoded)
		return fault_set(fault, -EPROTO,
				 "the server encoded the file (identity was asked for)");
	return 0;
}

static int read_answer(struct exchange *x, struct fetch_got *got, struct fault *fault)
{
	struct http_head head;
	bool keep;
	uint64_t len = 0;
	int r = http_read_head(&x->in, &head, fault);

	if (r == 0)
		r = judge(x, &head, fault);
	if (r < 0)
		return r;
	keep = head.keep;
	if (head.status == 200) {
		r = http_read_body(&x->in, &head, x->ask->max, on_body, x, &len, fault);
		if (r < 0)
			return r;
	} else if (!keep ||
		   http_read_body(&x->in, &head, DISCARD_MAX, on_discard, x, &len, NULL) < 0) {
		keep = false; /* what an error page says does not matter, so nor does its end */
	}
	if (!keep || x->in.at < x->in.end)
		hang_up(x->s);
	*got = (struct fetch_got){ .status = head.status,
				   .len = head.status == 200 ? len : 0,
				   .retry_after = head.retry_after };
	memcpy(got->etag, head.etag, sizeof(got->etag));
	return 0;
}

/* One try, over the connection there is or a new one. */
static int try_once(struct exchange *x, struct fetch_got *got, struct fault *fault)
{
	int r = empty(x->body);

	if (r < 0)
		return fault_set(fault, r, "the body's file cannot be emptied: %s", strerror(-r));
	if (!x->s->tls)
		r = tls_open(&x->s->way, x->end, &x->s->tls, fault);
	if (r == 0)
		r = send_request(x, fault);
	x->in = (struct http_in){ .more = on_more, .ctx = x };
	if (r == 0)
		r = read_answer(x, got, fault);
	if (r < 0) {
		hang_up(x->s);
		empty(x->body);
	}
	return r;
}

static int ask_server(struct session *s, const struct fetch_get *ask, int body,
		      struct fetch_got *got, struct fault *fault)
{
	struct exchange x = { .s = s, .ask = ask, .body = body };
	struct fault first = { 0 };
	bool reused;
	int r;

	x.end = io_boot_ms() + s->timeout_ms;
	if (s->tls && !tls_is_quiet(s->tls))
		hang_up(s);
	reused = s->tls;
	r = try_once(&x, got, &first);
	/* A server may close a kept connection at any time; that says nothing about the file. */
	if (reused && !x.in.got && (r == -ECONNRESET || r == -EPIPE))
		return try_once(&x, got, fault);
	return r < 0 ? fault_set(fault, r, "%s", first.why) : 0;
}

int session_get(struct session *s, const struct fetch_get *ask, int body, struct fetch_got *got,
		struct fault *fault)
{
	int r = check_ask(ask, body, fault);

	if (r == 0)
		r = ask_server(s, ask, body, got, fault);
	if (r < 0)
		fault_prefix(fault, "%s:%s", s->base.host, s->base.port);
	return r;
}

static uint32_t has_no_name(const struct tls_way *way, uint64_t end)
{
	const char *host = way->proxy.host[0] ? way->proxy.host : way->host;
	const char *port = way->proxy.host[0] ? way->proxy.port : way->port;
	struct addresses to;

	return resolve(host, port, end, &to, NULL) < 0 ? FETCH_SAW_NO_NAME : 0;
}

int session_probe(struct session *s, struct fetch_got *got, struct fault *fault)
{
	struct addresses refused = { 0 };
	uint64_t end = io_boot_ms() + s->timeout_ms;
	int r;

	got->saw = probe_forbidden() | probe_slice();
	s->way.refused = &refused;
	r = tls_open(&s->way, end, &s->tls, fault);
	s->way.refused = NULL;
	while (got->n_refused < refused.n && got->n_refused < FETCH_REFUSED_MAX) {
		got->refused[got->n_refused] = address_told(&refused.at[got->n_refused]);
		got->n_refused++;
	}
	if (r == -EPERM)
		got->saw |= FETCH_SAW_REFUSAL;
	else if (r == -EHOSTUNREACH || r == -ETIMEDOUT)
		got->saw |= has_no_name(&s->way, io_boot_ms() + 1000);
	if (r == 0)
		r = tls_peer(s->tls, &got->server);
	if (r < 0)
		fault_prefix(fault, "%s:%s", s->base.host, s->base.port);
	hang_up(s);
	return r;
}
