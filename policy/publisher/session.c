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
#include "agent/base/wire.h"
#include "policy/publisher/session.h"

#define HELPER	   "/usr/lib/lazaret/lazaret-fetch"
#define SYSTEM_CA  "/etc/ssl/certs/ca-certificates.crt"
#define TIMEOUT_MS 30000

static int start(const char *helper, struct session *s, struct fault *fault)
{
	int talk[2];

	if (access(helper, X_OK) < 0)
		return fault_set(
			fault, -errno,
			"%s: %s; it comes with make install-publisher, or --helper FILE names it",
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

static int open_at(struct session *s, const char *url, const char *ca, struct fault *fault)
{
	struct fetch_open o = { .timeout_ms = TIMEOUT_MS };
	_close_ int fd = open(ca, O_RDONLY | O_CLOEXEC);
	const char *slash = url[strlen(url) - 1] == '/' ? "" : "/";
	struct fetch_got got;
	int r;

	if (fd < 0)
		return fault_set(fault, -errno, "%s: %s", ca, strerror(errno));
	if (snprintf(o.base, sizeof(o.base), "%s%s", url, slash) >= (int)sizeof(o.base))
		return fault_set(fault, -ENAMETOOLONG, "%.60s...: too long an address", url);
	r = msg_send(s->server.session, &o, sizeof(o), &fd, 1);
	if (r == 0)
		r = msg_recv(s->server.session, &got, sizeof(got), NULL, NULL, 2 * TIMEOUT_MS);
	if (r == 0 && got.err)
		return fault_set(fault, got.err < 0 ? got.err : -EIO, "%.*s", (int)sizeof(got.why),
				 got.why);
	return r < 0 ? fault_set(fault, r, "lazaret-fetch: %s", strerror(-r)) : 0;
}

int session_open(const char *url, const char *helper, const char *ca, struct session *ret,
		 struct fault *fault)
{
	struct session s = { .server = { .session = -1, .store = -1 } };
	int r = start(helper ? helper : HELPER, &s, fault);

	if (r == 0)
		r = open_at(&s, url, ca ? ca : SYSTEM_CA, fault);
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
