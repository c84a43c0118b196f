// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A policy of 20 KiB over TLS (P-256, private CA) from nginx in a network of its own: cold,
 * then as polls that find it unchanged; lazaret-fetch and curl.  Processor time and memory
 * of the whole process, resolver included; all bytes of all packets both ways, Ethernet's,
 * IP's and TCP's headers, too.  Both in turns; the least of the runs counts, as other work only
 * adds to it.
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
#include <time.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/msg.h"
#include "agent/base/wire.h"
#include "tests/bench/row.h"
#include "tests/helper.h"

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
	double cpu_ms;
	long rss_kib;
};

/* Of one program: the least of its runs, of memory and bytes the most. */
struct cost {
	double cpu_ms, wall_ms, rss_mib, wire; /* bytes */
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
	sum->cpu_ms = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
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
	const char *const fetch[] = { job->program, NULL };
	int session = -1, r;
	pid_t child = helper_start(fetch, &session);

	if (child < 0)
		return child;
	r = converse(session, job, got);
	close(session);
	return finish(child, sum) ?: r;
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

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double least(double a, double b)
{
	return a > 0 && a < b ? a : b;
}

static int run_one(const struct job *job, struct cost *cost)
{
	double sent = bytes_sent(), start = now_ms();
	struct sum sum = { 0 };
	int r = job->run(job, &sum);

	if (r < 0) {
		fprintf(stderr, "%s: %s\n", job->name, strerror(-r));
		return r;
	}
	cost->wall_ms = least(cost->wall_ms, now_ms() - start);
	sent = bytes_sent() - sent;
	cost->cpu_ms = least(cost->cpu_ms, sum.cpu_ms);
	if (sent > cost->wire)
		cost->wire = sent;
	if ((double)sum.rss_kib / 1024 > cost->rss_mib)
		cost->rss_mib = (double)sum.rss_kib / 1024;
	return 0;
}

static void print(const struct job *job, const struct cost *c)
{
	printf("%s, cpu\t%.2f\tms\n", job->name, c->cpu_ms);
	printf("%s, wall\t%.2f\tms\n", job->name, c->wall_ms);
	printf("%s, rss\t%.2f\tMiB\n", job->name, c->rss_mib);
	printf("%s, wire\t%.0f\tbytes\n", job->name, c->wire);
}

static int measure(const struct job *jobs, struct cost ret[2])
{
	struct cost c[2] = { 0 };
	int r = 0;

	for (int i = 0; i < ROUNDS * 2 && r == 0; i++)
		r = run_one(&jobs[i % 2], &c[i % 2]);
	for (int k = 0; k < 2 && r == 0; k++)
		print(&jobs[k], &c[k]);
	memcpy(ret, c, sizeof(c));
	return r;
}

static void tell_cold(const struct cost c[2])
{
	row_print(&(struct row){ "cold fetch of 20 KiB: processor time", "ms", c[0].cpu_ms, "1x", 7,
				 "curl", c[1].cpu_ms });
	row_print(&(struct row){ "cold fetch of 20 KiB: wall", "ms", c[0].wall_ms, "1x", 7, "curl",
				 c[1].wall_ms });
	row_print(&(struct row){ "cold fetch of 20 KiB: most memory", "MiB", c[0].rss_mib, "0.25x",
				 7, "curl", c[1].rss_mib });
}

static void tell_unchanged(const struct cost c[2])
{
	row_print(&(struct row){ "unchanged policy: processor time", "ms", c[0].cpu_ms, "1.5", 7,
				 "curl", c[1].cpu_ms });
	row_print(&(struct row){ "unchanged policy: on the wire", "bytes", c[0].wire, "2355", 7,
				 "curl", c[1].wire });
}

/* A policy of 20 KiB the first time, then unchanged. */
static int compare(const char *fetch)
{
	struct job jobs[] = {
		{ "lazaret-fetch, 20 KiB, cold", fetch, "ca.pem", run_fetch, -1, "" },
		{ "curl, 20 KiB, cold", "curl", "ca.pem", run_curl, -1, "" },
	};
	_close_ int memory = memfd_create("memory", MFD_CLOEXEC);
	struct sum unused = { 0 };
	struct fetch_got got;
	struct cost c[2];
	int r = measure(jobs, c);

	if (r < 0)
		return r;
	tell_cold(c);
	jobs[0].memory = memory;
	r = ftruncate(memory, FETCH_MEMORY_SIZE) < 0 ? -errno : fetch_once(jobs, &got, &unused);
	if (r < 0)
		return r;
	for (int k = 0; k < 2; k++)
		memcpy(jobs[k].etag, got.etag, sizeof(got.etag));
	jobs[0].name = "lazaret-fetch, unchanged, resumed";
	jobs[1].name = "curl, unchanged";
	r = measure(jobs, c);
	if (r < 0)
		return r;
	tell_unchanged(c);
	jobs[0].ca = jobs[1].ca = "all.pem";
	jobs[0].name = "lazaret-fetch, the same, 140 CAs";
	jobs[1].name = "curl, the same, 140 CAs";
	return fetch_once(jobs, &got, &unused) ?: measure(jobs, c);
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
