// SPDX-License-Identifier: GPL-2.0-or-later
/* Laying the quarantine, beside nft(8) laying a table of the same size, in the same namespace. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "agent/base/cleanup.h"
#include "netfilter/nft.h"
#include "netfilter/quarantine.h"

#define RUNS 5

extern char **environ;

struct cost {
	double cpu, wall; /* ms */
	long rss;	  /* KiB, the most */
};

static double ms(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static uint32_t address(uint32_t i)
{
	return htonl(0x0a000000 + i);
}

/* In a process of its own, so that its memory is seen too. */
static void lay(uint32_t n)
{
	struct allow allow = { .out = calloc(n, sizeof(*allow.out)), .n_out = n };
	struct fault f = { 0 };
	struct nft nft;

	for (uint32_t i = 0; allow.out && i < n; i++) {
		const uint32_t a = address(i);

		allow.out[i] = (struct peer){
			.family = AF_INET, .proto = IPPROTO_TCP, .prefix = 32, .port = 443
		};
		memcpy(allow.out[i].addr, &a, sizeof(a));
	}
	if (!allow.out || nft_open(&nft, &f) < 0 || quarantine_lay(&nft, &allow, &f) < 0) {
		fprintf(stderr, "%s\n", f.why);
		_exit(1);
	}
	_exit(0);
}

static int write_rules(const char *file, uint32_t n)
{
	FILE *out = fopen(file, "w");

	if (!out)
		return -1;
	fprintf(out,
		"add table inet b\ndelete table inet b\ntable inet b {\n"
		" set out4 { type ipv4_addr . inet_proto . inet_service; size %u; elements = {\n",
		n);
	for (uint32_t i = 0; i < n; i++) {
		struct in_addr a = { address(i) };

		fprintf(out, "%s . tcp . 443,\n", inet_ntoa(a));
	}
	fputs(" }\n }\n chain output { type filter hook output priority 0; policy drop;\n"
	      " ip daddr . meta l4proto . th dport @out4 accept\n }\n}\n",
	      out);
	return fclose(out);
}

static pid_t start_nft(const char *file)
{
	char *const argv[] = { (char *)"nft", (char *)"-f", (char *)file, NULL };
	pid_t pid;

	return posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) == 0 ? pid : -1;
}

static pid_t start_lay(uint32_t n)
{
	pid_t pid = fork();

	if (pid == 0)
		lay(n);
	return pid;
}

static int run(uint32_t n, const char *file, struct cost *ret)
{
	double start = now();
	pid_t pid = file ? start_nft(file) : start_lay(n);
	struct rusage use;
	int status;

	if (pid < 0 || wait4(pid, &status, 0, &use) < 0 || status)
		return -1;
	*ret = (struct cost){ .cpu = ms(use.ru_utime) + ms(use.ru_stime),
			      .wall = now() - start,
			      .rss = use.ru_maxrss };
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct cost *x = a, *y = b;

	return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

static int bench(const char *who, uint32_t n, const char *file)
{
	struct cost all[RUNS], *median = &all[RUNS / 2];

	for (int i = 0; i < RUNS; i++) {
		if (run(n, file, &all[i]) < 0)
			return -1;
	}
	qsort(all, RUNS, sizeof(*all), compare);
	printf("%s, %u peers, cpu\t%.2f\tms\n", who, n, median->cpu);
	printf("%s, %u peers, wall\t%.1f\tms\n", who, n, median->wall);
	printf("%s, %u peers, rss\t%.1f\tMiB\n", who, n, (double)median->rss / 1024);
	return 0;
}

int main(void)
{
	static const uint32_t sizes[] = { 10, 1000, 10000, 100000 };
	char file[] = "/tmp/bench-quarantine.XXXXXX";
	_close_ int fd = mkstemp(file);
	int r = 0;

	if (fd < 0 || unshare(CLONE_NEWNET) < 0) {
		perror("bench-quarantine");
		return 1;
	}
	for (size_t i = 0; r == 0 && i < sizeof(sizes) / sizeof(*sizes); i++) {
		r = write_rules(file, sizes[i]);
		if (r == 0)
			r = bench("quarantine", sizes[i], NULL);
		if (r == 0)
			r = bench("nft -f", sizes[i], file);
	}
	unlink(file);
	return r ? 1 : 0;
}
