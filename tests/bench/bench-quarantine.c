// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Laying the quarantine, beside nft(8) laying the same list in the same two places (packets and
 * frames of a link), in the same namespace, and beside the least that the kernel can be asked for.
 */
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
#include "agent/base/count.h"
#include "netfilter/nft.h"
#include "netfilter/quarantine.h"
#include "tests/bench/limit-quarantine.h"
#include "tests/bench/row.h"

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

static double clock_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* None beside another, as addresses of mirrors and resolvers lie; none twice. */
static uint32_t address(uint32_t i)
{
	return htonl(0x0a000000 | (i * 2654435761u >> 8 & 0xfe0000) | i);
}

static struct peer peer(uint32_t i)
{
	const uint32_t a = address(i);
	struct peer p = { .family = AF_INET, .proto = IPPROTO_TCP, .prefix = 32, .port = 443 };

	memcpy(p.addr, &a, sizeof(a));
	return p;
}

/* A list with room for one more. */
static struct allow make_list(uint32_t n)
{
	struct allow allow = { .out = calloc(n + 1, sizeof(*allow.out)), .n_out = n };

	for (uint32_t i = 0; allow.out && i <= n; i++)
		allow.out[i] = peer(i);
	return allow;
}

static void must(int r, const struct fault *f)
{
	if (r == 0)
		return;
	fprintf(stderr, "bench-quarantine: %s\n", f->why);
	_exit(1);
}

static void lay(struct nft *nft, const struct allow *allow)
{
	struct fault f = { 0 };

	must(allow->out ? quarantine_lay(nft, allow, &f) : -1, &f);
}

/* In processes of their own, so that their memory is seen too. */
static void enter(uint32_t n)
{
	const struct allow allow = make_list(n);
	struct fault f = { 0 };
	struct nft nft;

	must(nft_open(&nft, &f), &f);
	nft.lays_once = true; /* as lazaret-hold does */
	lay(&nft, &allow);
	_exit(0);
}

static void enter_least(uint32_t n)
{
	int r = limit_lay(n, address);

	if (r < 0)
		fprintf(stderr, "bench-quarantine: the limit: %s\n", strerror(-r));
	_exit(r < 0);
}

static double cpu_of_laying(struct nft *nft, const struct allow *allow)
{
	double start = clock_ms(CLOCK_PROCESS_CPUTIME_ID);

	lay(nft, allow);
	return clock_ms(CLOCK_PROCESS_CPUTIME_ID) - start;
}

enum edit { ADDED, REMOVED, EQUAL, EDITS };

static const char *const edits[] = {
	[ADDED] = "one address added",
	[REMOVED] = "one address removed",
	[EQUAL] = "an equal list",
};

static int compare_ms(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The address is in the middle, at another place each time. */
static void edit(uint32_t n)
{
	struct allow allow = make_list(n);
	double cpu[EDITS][RUNS];
	struct fault f = { 0 };
	struct nft nft;

	must(nft_open(&nft, &f), &f);
	lay(&nft, &allow);
	for (uint32_t i = 0; i < RUNS; i++) {
		struct peer *at = &allow.out[n / 2 + i];

		memmove(at + 1, at, (size_t)(&allow.out[n] - at) * sizeof(*at));
		*at = peer(1 << 20 | i);
		allow.n_out = n + 1;
		cpu[ADDED][i] = cpu_of_laying(&nft, &allow);
		memmove(at, at + 1, (size_t)(&allow.out[n] - at) * sizeof(*at));
		allow.n_out = n;
		cpu[REMOVED][i] = cpu_of_laying(&nft, &allow);
		cpu[EQUAL][i] = cpu_of_laying(&nft, &allow);
	}
	for (int k = 0; k < EDITS; k++) {
		qsort(cpu[k], RUNS, sizeof(**cpu), compare_ms);
		printf("quarantine, %u peers, %s, cpu\t%.2f\tms\t0.8\t5\n", n, edits[k],
		       cpu[k][RUNS / 2]);
	}
	fflush(stdout);
	_exit(0);
}

/* As few words as do it, and the set that is cheapest. */
static void write_table(FILE *out, const char *family, const char *base, uint32_t n)
{
	fprintf(out,
		"add table %s b\ndelete table %s b\ntable %s b {\n"
		" set out4 { type ipv4_addr; size %u; elements = {\n",
		family, family, family, n);
	for (uint32_t i = 0; i < n; i++) {
		struct in_addr a = { address(i) };

		fprintf(out, "%s,\n", inet_ntoa(a));
	}
	fprintf(out,
		" }\n }\n chain output { %s\n"
		" ip daddr @out4 tcp dport 443 accept\n }\n}\n",
		base);
}

static int write_rules(const char *file, uint32_t n)
{
	FILE *out = fopen(file, "w");

	if (!out)
		return -1;
	write_table(out, "inet", "type filter hook output priority 0; policy drop;", n);
	write_table(out, "netdev", "type filter hook egress device lo priority 0;", n);
	return fclose(out);
}

static pid_t start_nft(const char *file)
{
	char *const argv[] = { (char *)"nft", (char *)"-f", (char *)file, NULL };
	pid_t pid;

	return posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) == 0 ? pid : -1;
}

static pid_t start(void (*what)(uint32_t n), uint32_t n)
{
	pid_t pid = fork();

	if (pid == 0)
		what(n);
	return pid;
}

static int await(pid_t pid, struct rusage *ret)
{
	int status;

	return pid < 0 || wait4(pid, &status, 0, ret) < 0 || status ? -1 : 0;
}

enum layer { OURS, NFT, LEAST, LAYERS };

static pid_t start_laying(enum layer by, uint32_t n, const char *file)
{
	return by == NFT ? start_nft(file) : start(by == OURS ? enter : enter_least, n);
}

static int run(enum layer by, uint32_t n, const char *file, struct cost *ret)
{
	double begin = clock_ms(CLOCK_MONOTONIC);
	struct rusage use;

	if (await(start_laying(by, n, file), &use) < 0)
		return -1;
	*ret = (struct cost){ .cpu = ms(use.ru_utime) + ms(use.ru_stime),
			      .wall = clock_ms(CLOCK_MONOTONIC) - begin,
			      .rss = use.ru_maxrss };
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct cost *x = a, *y = b;

	return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

static void tell(const char *who, uint32_t n, const struct cost *c)
{
	printf("%s, %u peers, cpu\t%.2f\tms\n", who, n, c->cpu);
	printf("%s, %u peers, wall\t%.1f\tms\n", who, n, c->wall);
	printf("%s, %u peers, rss\t%.1f\tMiB\n", who, n, (double)c->rss / 1024);
}

/* By turns, so that whatever else the machine does meets all. */
static int bench(uint32_t n, const char *file, struct cost *ret)
{
	static const char *const names[] = {
		[OURS] = "quarantine",
		[NFT] = "nft -f",
		[LEAST] = "the least of the kernel",
	};
	struct cost all[LAYERS][RUNS];

	for (int i = 0; i < RUNS; i++)
		for (enum layer by = 0; by < LAYERS; by++)
			if (run(by, n, file, &all[by][i]) < 0)
				return -1;
	for (enum layer by = 0; by < LAYERS; by++) {
		qsort(all[by], RUNS, sizeof(**all), compare);
		ret[by] = all[by][RUNS / 2];
		tell(names[by], n, &ret[by]);
	}
	return 0;
}

static void judge(uint32_t n, const struct cost *c)
{
	const double rss = (double)c[OURS].rss / 1024;
	const struct {
		uint32_t n;
		struct row row;
	} rows[] = {
		{ 10000,
		  { "quarantine, 10,000 peers: processor time", "ms", c[OURS].cpu, "0.125x", 4,
		    "nft -f", c[NFT].cpu } },
		{ 10000,
		  { "quarantine, 10,000 peers: processor time", "ms", c[OURS].cpu, NULL, 4,
		    "the least of the kernel", c[LEAST].cpu } },
		{ 100000,
		  { "quarantine, 100,000 peers: wall", "ms", c[OURS].wall, "0.25x", 4, "nft -f",
		    c[NFT].wall } },
		{ 100000,
		  { "quarantine, 100,000 peers: wall", "ms", c[OURS].wall, NULL, 4,
		    "the least of the kernel", c[LEAST].wall } },
		{ 100000,
		  { "quarantine, 100,000 peers: most memory", "MiB", rss, "5", 4, "nft -f",
		    (double)c[NFT].rss / 1024 } },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].n == n)
			row_print(&rows[i].row);
}

static int bench_size(uint32_t n, const char *file)
{
	struct cost costs[LAYERS];
	struct rusage use;

	if (write_rules(file, n) < 0 || bench(n, file, costs) < 0)
		return -1;
	judge(n, costs);
	fflush(stdout);
	return await(start(edit, n), &use);
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
	for (size_t i = 0; r == 0 && i < COUNT(sizes); i++)
		r = bench_size(sizes[i], file);
	unlink(file);
	return r ? 1 : 0;
}
