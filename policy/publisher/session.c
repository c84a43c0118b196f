// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/msg.h"
#include "agent/base/proxy.h"
#include "agent/base/wire.h"
#include "policy/publisher/session.h"

#define HELPER	   LIBEXEC_DIR "-publisher/lazaret-fetch"
#define SYSTEM_CA  "/etc/ssl/certs/ca-certificates.crt"
#define TIMEOUT_MS 30000

static int start(const char *helper, struct session *s, struct fault *fault)
{
	int talk[2];

	if (access(helper, X_OK) < 0)
		return fault_set(
			fault, -errno,
			"%s: %s; it comes with `make install-publisher`, and --helper FILE names another",
			helper, strerror(errno));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, talk) < 0)
		return fault_set(fault, -errno, "socketpair: %s", strerror(errno));
	s->pid = fork();
	if (s->pid == 0) {
		if (dup2(talk[1], STDIN_FILENO) == STDIN_FILENO)
			execl(helper, helper, NULL);
		fprintf(stderr, "%s: %s\n", helper, strerror(errno));
		_exit(127);
	}
	close(talk[1]);
	s->server.session = talk[0];
	return s->pid < 0 ? fault_set(fault, -errno, "fork: %s", strerror(errno)) : 0;
}

/* CA, then certificate and key when there are any; returns how many, or -errno. */
static int open_files(const struct session_plan *p, int fds[3], struct fault *fault)
{
	const char *const files[] = { p->ca ? p->ca : SYSTEM_CA, p->certificate, p->private_key };
	int n = 0;

	if (!p->certificate != !p->private_key)
		return fault_set(fault, -EINVAL,
				 "--certificate and --private-key come together or not at all");
	for (; n < 3 && files[n]; n++) {
		fds[n] = open(files[n], O_RDONLY | O_CLOEXEC);
		if (fds[n] < 0) {
			int err = fault_set(fault, -errno, "%s: %s", files[n], strerror(errno));

			while (n-- > 0)
				close(fds[n]);
			return err;
		}
	}
	return n;
}

static int send_open(struct session *s, const char *url, const struct session_plan *p,
		     struct fault *fault)
{
	struct fetch_open o = { .timeout_ms = TIMEOUT_MS };
	const char *slash = url[strlen(url) - 1] == '/' ? "" : "/";
	int fds[3], n, r;

	if (snprintf(o.base, sizeof(o.base), "%s%s", url, slash) >= (int)sizeof(o.base))
		return fault_set(fault, -ENAMETOOLONG, "%.60s...: too long an address", url);
	r = proxy_choose(p->proxy ? p->proxy : PROXY_ENVIRONMENT, o.base, o.proxy);
	if (r < 0)
		return fault_set(fault, r, "the proxy's address is too long");
	n = open_files(p, fds, fault);
	if (n < 0)
		return n;
	o.flags = n == 3 ? FETCH_HAS_CLIENT : 0;
	r = msg_send(s->server.session, &o, sizeof(o), fds, (size_t)n);
	explicit_bzero(o.proxy, sizeof(o.proxy));
	while (n-- > 0)
		close(fds[n]);
	return r;
}

static int open_at(struct session *s, const char *url, const struct session_plan *p,
		   struct fault *fault)
{
	struct fetch_got got;
	int r = send_open(s, url, p, fault);

	if (r == 0)
		r = msg_recv(s->server.session, &got, sizeof(got), NULL, NULL, 2 * TIMEOUT_MS);
	if (r == 0 && got.err)
		return fault_set(fault, got.err < 0 ? got.err : -EIO, "%.*s", (int)sizeof(got.why),
				 got.why);
	return r < 0 ? fault_set(fault, r, "lazaret-fetch: %s", strerror(-r)) : 0;
}

int session_open(const char *url, const struct session_plan *plan, struct session *ret,
		 struct fault *fault)
{
	struct session s = { .server = { .session = -1, .store = -1 } };
	int r = start(plan->helper ? plan->helper : HELPER, &s, fault);

	if (r == 0)
		r = open_at(&s, url, plan, fault);
	if (r < 0) {
		session_close(&s);
		fault_prefix(fault, "%s", url);
		return r;
	}
	*ret = s;
	return 0;
}

void session_close(struct session *s)
{
	if (s->server.session >= 0)
		close(s->server.session); /* which ends it */
	if (s->pid > 0)
		waitpid(s->pid, NULL, 0);
	*s = (struct session){ .server = { .session = -1, .store = -1 } };
}

int session_fetch(void *ctx, const char *path, size_t max, char **ret, size_t *len,
		  struct fault *fault)
{
	return server_fetch(&((struct session *)ctx)->server, path, max, ret, len, fault);
}
