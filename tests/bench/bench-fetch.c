// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A policy of 20 KiB over TLS (P-256, private CA) from nginx in a network of its own:
 * lazaret-fetch cold, then curl.  Processor time and memory of the whole process.
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
	"head -c 20480 /dev/urandom >policy; chmod 755 .;"
	"echo 'events {} http { access_log off; server { listen 4433 ssl; root '$PWD';"
	" ssl_certificate '$PWD'/s.pem; ssl_certificate_key '$PWD'/s.key; } }' >conf;"
	"nginx -p $PWD -c $PWD/conf -g \"pid $PWD/pid; error_log $PWD/errors;\"";

struct sum {
	double cpu_ms, wall_ms;
	long rss_kib;
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

static int converse(int session)
{
	struct fetch_open o = { .base = BASE, .timeout_ms = 5000 };
	struct fetch_get g = { .path = "policy", .max = 65536 };
	struct fetch_got got;
	_close_ int ca = open("ca.pem", O_RDONLY | O_CLOEXEC);
	_close_ int body = memfd_create("body", MFD_CLOEXEC);
	int r = msg_send(session, &o, sizeof(o), &ca, 1);

	if (r == 0)
		r = msg_recv(session, &got, sizeof(got), NULL, NULL, 5000);
	if (r == 0)
		r = msg_send(session, &g, sizeof(g), &body, 1);
	if (r == 0)
		r = msg_recv(session, &got, sizeof(got), NULL, NULL, 6000);
	if (r == 0 && (got.err || got.len != 20480))
		fprintf(stderr, "fetch: %s\n", got.why);
	return r == 0 && got.len != 20480 ? -EIO : r;
}

static int run_fetch(const char *program, struct sum *sum)
{
	int ends[2], r;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	child = fork();
	if (child == 0) {
		if (dup2(ends[1], 0) == 0)
			execl(program, program, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	r = child < 0 ? -errno : converse(ends[0]);
	close(ends[0]);
	return child < 0 ? r : finish(child, sum) ?: r;
}

static int run_curl(const char *program, struct sum *sum)
{
	pid_t child = fork();

	if (child == 0) {
		execlp(program, program, "-s", "--http1.1", "--cacert", "ca.pem", "-o", "got",
		       BASE "policy", (char *)NULL);
		_exit(127);
	}
	return child < 0 ? -errno : finish(child, sum);
}

static int measure(const char *name, const char *program,
		   int (*run)(const char *program, struct sum *sum))
{
	struct sum sum = { 0 };
	uint64_t start = io_boot_ms();

	for (int i = 0; i < ROUNDS; i++) {
		int r = run(program, &sum);

		if (r < 0) {
			fprintf(stderr, "%s: %s\n", program, strerror(-r));
			return r;
		}
	}
	sum.wall_ms = (double)(io_boot_ms() - start);
	printf("%s: 20 KiB over TLS, cold, cpu\t%.2f\tms\n", name, sum.cpu_ms / ROUNDS);
	printf("%s: 20 KiB over TLS, cold, wall\t%.2f\tms\n", name, sum.wall_ms / ROUNDS);
	printf("%s: 20 KiB over TLS, cold, rss\t%.2f\tMiB\n", name, (double)sum.rss_kib / 1024);
	return 0;
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
		r = measure("lazaret-fetch", program, run_fetch)
			    ?: measure("curl", "curl", run_curl);
	snprintf(clean, sizeof(clean), "kill $(cat pid) 2>/dev/null; cd / && rm -rf %s", dir);
	return system(clean) || r;
}
