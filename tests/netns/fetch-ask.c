// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plays lazaretd's and lazaret-vet's side of a fetch session, and prints a line an answer.
 *
 *   fetch-ask [OPTION]... LAZARET-FETCH BASE CA WHAT...
 *     -c CERT -k KEY   client certificate     -t MS    timeout (5000)
 *     -m MAX           largest body (65536)   -o FILE  where the last body goes
 *     -r FILE          what is remembered from one run to the next
 *     -p PROXY         http://[user:password@]host:port
 *     -V VET -s STORE  hands the session to lazaret-vet and prints what it says
 *     -P               a probe: what it saw, FETCH_SAW_ of wire.h, and nothing else
 *   WHAT is a path, PATH@ETAG, or ":MS" to wait so long.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/msg.h"
#include "agent/base/wire.h"
#include "tests/helper.h"

struct plan {
	const char *program, *base, *ca, *cert, *key, *out, *memory, *proxy, *vet, *store;
	uint32_t timeout_ms;
	uint64_t max;
	bool probe;
};

static int say(int session, const char *what, uint64_t since, int body)
{
	struct fetch_got got;
	struct stat st = { 0 };
	size_t none = 0;
	bool astray;
	int r = msg_recv(session, &got, sizeof(got), NULL, &none, 60000);

	if (r < 0)
		return r;
	if (body >= 0)
		fstat(body, &st);
	printf("%s err=%s status=%u len=%llu file=%llu etag=%s retry=%u ms=%llu why=%s\n", what,
	       got.err ? strerrorname_np(-got.err) : "0", got.status, (unsigned long long)got.len,
	       (unsigned long long)st.st_size, got.etag, got.retry_after,
	       (unsigned long long)(io_boot_ms() - since), got.why);
	astray = got.saw & FETCH_SAW_ASTRAY;
	got.saw &= ~FETCH_SAW_ASTRAY;
	if (got.saw || got.server.family)
		printf("saw=%u port=%u astray=%d refused=%u\n", got.saw, got.server.port, astray,
		       got.n_refused);
	return got.err;
}

static int ask_open(int session, const struct plan *plan)
{
	struct fetch_open o = { .timeout_ms = plan->timeout_ms };
	uint64_t since = io_boot_ms();
	int fds[MSG_FDS_MAX] = { open(plan->ca, O_RDONLY | O_CLOEXEC) }, r;
	size_t n = 1;

	snprintf(o.base, sizeof(o.base), "%s", plan->base);
	if (plan->proxy)
		snprintf(o.proxy, sizeof(o.proxy), "%s", plan->proxy);
	if (plan->cert && plan->key) {
		o.flags |= FETCH_HAS_CLIENT;
		fds[n++] = open(plan->cert, O_RDONLY | O_CLOEXEC);
		fds[n++] = open(plan->key, O_RDONLY | O_CLOEXEC);
	}
	if (plan->memory) {
		o.flags |= FETCH_HAS_MEMORY;
		fds[n] = open(plan->memory, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (ftruncate(fds[n++], FETCH_MEMORY_SIZE) < 0)
			return -errno;
	}
	o.flags |= plan->probe ? FETCH_PROBE : 0;
	r = msg_send(session, &o, sizeof(o), fds, n);
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	return r < 0 ? r : say(session, "open", since, -1);
}

static int ask_get(int session, const struct plan *plan, const char *what)
{
	_close_ int body = plan->out ? open(plan->out, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)
				     : memfd_create("body", MFD_CLOEXEC);
	size_t n = strcspn(what, "@");
	struct fetch_get g = { .max = plan->max };
	uint64_t since = io_boot_ms();
	int r;

	/* What was there before must not be taken for the answer. */
	if (body < 0 || io_write(body, "before", 6) < 0)
		return -errno;
	snprintf(g.path, sizeof(g.path), "%.*s", (int)n, what);
	if (what[n])
		snprintf(g.etag, sizeof(g.etag), "%s", what + n + 1);
	r = msg_send(session, &g, sizeof(g), &body, 1);
	if (r == 0)
		r = say(session, what, since, body);
	return r;
}

static int tell_vet(int talk, int session, uint64_t since)
{
	struct vet_ask ask = { VET_REFRESH };
	struct vet_said said;
	int r = msg_send(talk, &ask, sizeof(ask), &session, 1);

	if (r == 0)
		r = msg_recv(talk, &said, sizeof(said), NULL, NULL, 60000);
	if (r == 0)
		printf("vet err=%s version=%llu retry=%u ms=%llu why=%s\n",
		       said.err ? strerrorname_np(-said.err) : "0",
		       (unsigned long long)said.version, said.retry_after,
		       (unsigned long long)(io_boot_ms() - since), said.why);
	return r;
}

static int hand_over(int session, const struct plan *plan)
{
	const char *const vet[] = { plan->vet, "--store", plan->store, NULL };
	int talk = -1, r;
	pid_t child = helper_start(vet, &talk);

	if (child < 0)
		return child;
	r = tell_vet(talk, session, io_boot_ms());
	close(talk);
	waitpid(child, NULL, 0);
	return r;
}

static int converse(int session, const struct plan *plan, char **whats)
{
	int r = ask_open(session, plan);

	if (r == 0 && plan->vet)
		return hand_over(session, plan);
	for (; r == 0 && !plan->probe && *whats; whats++) {
		if (**whats == ':')
			usleep((useconds_t)atoi(*whats + 1) * 1000);
		else
			ask_get(session, plan, *whats);
	}
	return r;
}

static int parse(int argc, char **argv, struct plan *p)
{
	int c;

	while ((c = getopt(argc, argv, "c:k:t:m:o:r:p:PV:s:")) >= 0) {
		if (c == 'c')
			p->cert = optarg;
		else if (c == 'k')
			p->key = optarg;
		else if (c == 't')
			p->timeout_ms = (uint32_t)atol(optarg);
		else if (c == 'm')
			p->max = (uint64_t)atoll(optarg);
		else if (c == 'o')
			p->out = optarg;
		else if (c == 'r')
			p->memory = optarg;
		else if (c == 'p')
			p->proxy = optarg;
		else if (c == 'V')
			p->vet = optarg;
		else if (c == 's')
			p->store = optarg;
		else if (c == 'P')
			p->probe = true;
		else
			return -EINVAL;
	}
	if (argc - optind < 3)
		return -EINVAL;
	p->program = argv[optind];
	p->base = argv[optind + 1];
	p->ca = argv[optind + 2];
	return optind + 3;
}

int main(int argc, char **argv)
{
	struct plan plan = { .timeout_ms = 5000, .max = 65536 };
	int at = parse(argc, argv, &plan), session = -1, status;
	const char *const fetch[] = { plan.program, NULL };
	pid_t child = at < 0 ? -1 : helper_start(fetch, &session);

	if (child < 0)
		return 2;
	converse(session, &plan, argv + at);
	close(session);
	if (waitpid(child, &status, 0) < 0 || status) {
		printf("end status=%d\n", status);
		return 1;
	}
	return 0;
}
