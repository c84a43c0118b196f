// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How soon a quarantine that somebody deleted is whole again: our own processor time, and the
 * time that passes from the end of the deletion to the end of the restoring transaction.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "netfilter/nft.h"
#include "netfilter/quarantine.h"
#include "netfilter/watch.h"

#define RUNS  200
#define PEERS 20

struct bench {
	struct nft own, foe;
	int events;
	struct allow allow;
	double cpu[RUNS], wall[RUNS]; /* microseconds */
};

static double usec(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void tell(const char *what, double *all, const char *goal)
{
	qsort(all, RUNS, sizeof(*all), compare);
	printf("tampered ruleset whole again, %s, median\t%.3f\tms\t%s\n", what,
	       all[RUNS / 2] / 1e3, goal);
	printf("tampered ruleset whole again, %s, p99\t%.3f\tms\n", what,
	       all[RUNS * 99 / 100] / 1e3);
}

/* The foe deletes by a socket of its own; that is not our time. */
static int run(struct bench *b, int i, struct fault *f)
{
	struct pollfd p = { .events = POLLIN };
	struct watch seen = { 0 };
	double start, cpu;
	int r = quarantine_lift(&b->foe, f);

	start = usec(CLOCK_MONOTONIC);
	cpu = usec(CLOCK_PROCESS_CPUTIME_ID);
	p.fd = b->events;
	if (r == 0 && (poll(&p, 1, 1000) != 1 || watch_take(b->events, &seen) < 0 ||
		       !(seen.what & WATCH_OURS)))
		return -1;
	if (r == 0)
		r = quarantine_lay(&b->own, &b->allow, f);
	b->cpu[i] = usec(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	b->wall[i] = usec(CLOCK_MONOTONIC) - start;
	return r;
}

int main(void)
{
	static struct bench b;
	struct peer peers[PEERS];
	struct fault f = { 0 };
	struct rusage use;
	int r;

	for (uint32_t i = 0; i < PEERS; i++) {
		const uint32_t n = htonl(0x0a000000 + i);

		peers[i] = (struct peer){
			.family = AF_INET, .proto = IPPROTO_TCP, .prefix = 32, .port = 443
		};
		memcpy(peers[i].addr, &n, sizeof(n));
	}
	b.allow = (struct allow){ .out = peers, .n_out = PEERS, .dns_any = true, .dhcp_any = true };
	r = unshare(CLONE_NEWNET);
	if (r == 0)
		r = nft_open(&b.own, &f);
	if (r == 0)
		r = nft_open(&b.foe, &f);
	if (r == 0)
		r = watch_open(&b.own, &b.events, &f);
	if (r == 0)
		r = quarantine_lay(&b.own, &b.allow, &f);
	for (int i = 0; r == 0 && i < RUNS; i++)
		r = run(&b, i, &f);
	if (r < 0) {
		fprintf(stderr, "bench-restore: %s\n", *f.why ? f.why : "no events, or no root");
		return 1;
	}
	getrusage(RUSAGE_SELF, &use);
	printf("tampered ruleset whole again, our own code, mean\t%.3f\tms\n",
	       ((double)use.ru_utime.tv_sec * 1e3 + (double)use.ru_utime.tv_usec / 1e3) / RUNS);
	tell("with the kernel's time", b.cpu, "");
	tell("wall", b.wall, "30\t8");
	return 0;
}
