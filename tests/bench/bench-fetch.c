// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A policy of 20 KiB over TLS (P-256, private CA) from nginx in a network of its own: cold,
 * then as polls that find it unchanged; lazaret-fetch and curl.  Processor time and memory
 * of the whole process, resolver included; all bytes of all packets both ways, Ethernet's,
 * IP's and TCP's headers, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/msg.h"
#include "agent/base/wire.h"

#define ROUNDS 50
#define BASE   "https://localhost:4433/"

static const char setup[] =
	"exec >log 2>&1; set -e; PATH=$PATH:/usr/sbin:/sbin;"
	"key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';"
	"openssl req -x509 $key -keyout ca.key -out ca.pem -subj /CN=bench -days 9;"
	"openssl req $key -keyout s.key -out s.csr -subj /CN=localhost"
	" -addext subjectAltName=DNS:localhost;"
	"openssl x509 -req -in s.csr -CA ca.pem -CAkey ca.key -CAcreateserial"
	" -copy_extensions copy -days 9 -out s.pem;"
	"cat /etc/ssl/certs/ca-certificates.crt ca.pem >all.pem;"
	"head -c 20480 /dev/urandom >policy; chmod 755 .;"
	"echo 'events {} http { access_log off; server { listen 4433 ssl; root '$PWD';"
	" ssl_certificate '$PWD'/s.pem; ssl_certificate_key '$PWD'/s.key; } }' >conf;"
	"nginx -p $PWD -c $PWD/conf -g \"pid $PWD/pid; error_log $PWD/errors;\"";

struct sum {
	double cpu_ms, wall_ms;
	long rss_kib;
};

/* What is asked for, by whom, and what is known from the run before. */
struct job {
	const char *name, *program, *ca;
	int (*run)(const struct job *job, struct sum *sum);
	int memory; /* -1: none */
	char etag[WIRE_TAG_MAX];
};

static int loopback_up(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 || ioctl(fd, SIOCSIFFLAGS, &r) < 0 ? -errno : 0;
}

static int finish(pid_t child, struct sum *sum)
{
	struct rusage u;
	int status;

	if (wait4(child, &status, 0, &u) < 0)
		return -errno;
	sum->cpu_ms += (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
		       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
	if (u.ru_maxrss > sum->rss_kib)
		sum->rss_kib = u.ru_maxrss;
	return status ? -EIO : 0;
}

static int expect(const struct job *job, const struct fetch_got *got)
{
	uint32_t status = job->etag[0] ? 304 : 200;

	if (got->err || got->status != status)
		fprintf(stderr, "fetch: %u %s\n", got->status, got->why);
	return got->err || got->status != status ? -EIO : 0;
}

static int open_session(int session, const struct job *job)
{
	struct fetch_open o = { .base = BASE, .timeout_ms = 5000 };
	_close_ int ca = open(job->ca, O_RDONLY | O_CLOEXEC);
	int fds[2] = { ca, job->memory };
	struct fetch_got got;
	int r;

	o.flags = job->memory >= 0 ? FETCH_HAS_MEMORY : 0;
	r = msg_send(session, &o, sizeof(o), fds, job->memory >= 0 ? 2 : 1);
	if (r == 0)
		r = msg_recv(session, &got, sizeof(got), NULL, NULL, 5000);
	return r ?: got.err;
}

static int converse(int session, const struct job *job, struct fetch_got *got)
{
	struct fetch_get g = { .path = "policy", .max = 65536 };
	_close_ int body = memfd_create("body", MFD_CLOEXEC);
	int r = open_session(session, job);

	memcpy(g.etag, job->etag, sizeof(g.etag));
	if (r == 0)
		r = msg_send(session, &g, sizeof(g), &body, 1);
	if (r == 0)
		r = msg_recv(session, got, sizeof(*got), NULL, NULL, 6000);
	return r ?: expect(job, got);
}

static int fetch_once(const struct job *job, struct fetch_got *got, struct sum *sum)
{
	int ends[2], r;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	child = fork();
	if (child == 0) {
		if (dup2(ends[1], 0) == 0)
			execl(job->program, job->program, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	r = child < 0 ? -errno : converse(ends[0], job, got);
	close(ends[0]);
	return child < 0 ? r : finish(child, sum) ?: r;
}

static int run_fetch(const struct job *job, struct sum *sum)
{
	struct fetch_got got;

	return fetch_once(job, &got, sum);
}

/* Without a memory it has a name for everything it can keep: the tag. */
static int run_curl(const struct job *job, struct sum *sum)
{
	char tag[WIRE_TAG_MAX + 20] = "X-No: tag";
	pid_t child = fork();

	if (job->etag[0])
		snprintf(tag, sizeof(tag), "If-None-Match: %s", job->etag);
	if (child == 0) {
		execlp(job->program, job->program, "-s", "--http1.1", "--cacert", job->ca, "-H",
		       tag, "-o", "got", BASE "policy", (char *)NULL);
		_exit(127);
	}
	return child < 0 ? -errno : finish(child, sum);
}

/* Of the loopback, which counts each packet once as sent. */
static double bytes_sent(void)
{
	char line[512];
	unsigned long long n = 0;
	FILE *f = fopen("/proc/self/net/dev", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " lo: %*u %*u %*u %*u %*u %*u %*u %*u %llu", &n) == 1)
			break;
	if (f)
		fclose(f);
	return (double)n;
}

static void print(const struct job *job, const char *what, double figure, const char *unit)
{
	printf("%s, %s\t%.2f\t%s\n", job->name, what, figure, unit);
}

static int measure(const struct job *job)
{
	struct sum sum = { 0 };
	double sent = bytes_sent();
	uint64_t start = io_boot_ms();

	for (int i = 0; i < ROUNDS; i++) {
		int r = job->run(job, &sum);

		if (r < 0) {
			fprintf(stderr, "%s: %s\n", job->name, strerror(-r));
			return r;
		}
	}
	sum.wall_ms = (double)(io_boot_ms() - start);
	print(job, "cpu", sum.cpu_ms / ROUNDS, "ms");
	print(job, "wall", sum.wall_ms / ROUNDS, "ms");
	print(job, "rss", (double)sum.rss_kib / 1024, "MiB");
	print(job, "wire", (bytes_sent() - sent) / ROUNDS, "bytes");
	return 0;
}

/* A policy of 20 KiB the first time, then unchanged. */
static int compare(const char *fetch)
{
	struct job ours = { "lazaret-fetch, 20 KiB, cold", fetch, "ca.pem", run_fetch, -1, "" };
	struct job theirs = { "curl, 20 KiB, cold", "curl", "ca.pem", run_curl, -1, "" };
	_close_ int memory = memfd_create("memory", MFD_CLOEXEC);
	struct sum unused = { 0 };
	struct fetch_got got;
	int r = measure(&ours) ?: measure(&theirs);

	if (r == 0 && ftruncate(memory, FETCH_MEMORY_SIZE) == 0) {
		ours.memory = memory;
		r = fetch_once(&ours, &got, &unused);
	}
	if (r < 0)
		return r;
	memcpy(ours.etag, got.etag, sizeof(ours.etag));
	memcpy(theirs.etag, got.etag, sizeof(theirs.etag));
	ours.name = "lazaret-fetch, unchanged, resumed";
	theirs.name = "curl, unchanged";
	r = measure(&ours) ?: measure(&theirs);
	ours.ca = theirs.ca = "all.pem";
	ours.name = "lazaret-fetch, the same, 140 CAs";
	theirs.name = "curl, the same, 140 CAs";
	r = r ?: fetch_once(&ours, &got, &unused);
	return r ?: measure(&ours) ?: measure(&theirs);
}

int main(void)
{
	char dir[] = "/tmp/bench-fetch.XXXXXX", path[4096], clean[128];
	const char *O = getenv("O");
	_free_ char *program = NULL;
	int r;

	snprintf(path, sizeof(path), "%s/agent/fetch/lazaret-fetch", O ? O : "build");
	program = realpath(path, NULL);
	if (!program || !mkdtemp(dir))
		return 1;
	if (unshare(CLONE_NEWNET) < 0 || loopback_up() < 0 || chdir(dir) < 0) {
		perror("bench-fetch: needs root, for a network of its own");
		return 1;
	}
	r = system(setup);
	if (r)
		fprintf(stderr, "bench-fetch: no nginx or openssl\n");
	else
		r = compare(program);
	snprintf(clean, sizeof(clean), "kill $(cat pid) 2>/dev/null; cd / && rm -rf %s", dir);
	return system(clean) || r;
}
