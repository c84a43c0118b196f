// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a million hosts that poll every quarter of an hour do to one server, second by
 * second, planned by the agent's own code: switched on within twenty minutes, then an
 * outage of an hour, after which all come back.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/mirrors.h"
#include "agent/poll.h"

#define HOSTS	   1000000u
#define INTERVAL   900
#define MORNING	   1200 /* all are switched on in this time */
#define DOWN_FROM  7200
#define DOWN_UNTIL 10800
#define SECONDS	   18000
#define EPOCH	   1700000000
#define BYTES	   1796 /* of a poll that finds nothing new: see bench-fetch */
#define NOBODY	   UINT32_MAX

struct fleet {
	struct mirrors *mirrors; /* one; its state is each host's in turn */
	uint32_t first[SECONDS]; /* who polls in this second: the heads of lists */
	uint32_t next[HOSTS];
	uint8_t faults[HOSTS];
	unsigned polls[SECONDS];
};

/* splitmix64: machine ids and dice, the same in each run. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static void plan(struct fleet *f, uint32_t host, uint64_t at)
{
	if (at >= SECONDS)
		return;
	f->next[host] = f->first[at];
	f->first[at] = host;
}

static uint64_t wait_after(struct fleet *f, uint32_t host, unsigned now)
{
	struct mirror *m = &f->mirrors->at[0];
	uint64_t ms = now * 1000ull;

	if (now < DOWN_FROM || now >= DOWN_UNTIL) {
		f->faults[host] = 0;
		return poll_wait(INTERVAL, EPOCH + now, mix(host));
	}
	m->faults = f->faults[host];
	mirrors_failed(f->mirrors, m, ms, 0, (uint32_t)mix((uint64_t)host << 32 | now));
	f->faults[host] = (uint8_t)m->faults;
	return mirrors_wait(f->mirrors, ms);
}

static void run(struct fleet *f)
{
	for (unsigned t = 0; t < SECONDS; t++)
		f->first[t] = NOBODY;
	for (uint32_t host = 0; host < HOSTS; host++)
		plan(f, host, mix(~(uint64_t)host) % MORNING);
	for (unsigned now = 0; now < SECONDS; now++)
		for (uint32_t host = f->first[now], after; host != NOBODY; host = after) {
			after = f->next[host];
			f->polls[now]++;
			plan(f, host, now + wait_after(f, host, now));
		}
}

static void print(const struct fleet *f, const char *when, unsigned from, unsigned until)
{
	unsigned peak = 0;
	double sum = 0;

	for (unsigned t = from; t < until; t++) {
		sum += f->polls[t];
		peak = f->polls[t] > peak ? f->polls[t] : peak;
	}
	printf("a million hosts, %s, mean\t%.0f\tpolls/s\n", when, sum / (until - from));
	printf("a million hosts, %s, peak\t%u\tpolls/s\n", when, peak);
	if (from != DOWN_FROM)
		printf("a million hosts, %s, peak\t%.1f\tMbit/s\n", when, peak * BYTES * 8 / 1e6);
}

int main(void)
{
	struct fleet *f = calloc(1, sizeof(*f));

	if (!f || mirrors_new("https://policy.example/", INTERVAL, &f->mirrors) < 0)
		return 1;
	run(f);
	print(f, "switched on", 0, MORNING);
	print(f, "settled", MORNING + INTERVAL, DOWN_FROM);
	print(f, "server down", DOWN_FROM, DOWN_UNTIL);
	print(f, "server back", DOWN_UNTIL, DOWN_UNTIL + INTERVAL);
	print(f, "settled again", DOWN_UNTIL + 2 * INTERVAL, SECONDS);
	mirrors_free(f->mirrors);
	free(f);
	return 0;
}
