// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a packet costs on its way out of the host and into it: without any ruleset, on a compliant
 * host, on one that kept its base chains and accepts in them, and in quarantine.  In turns, so
 * that whatever else this machine does falls on all of them; the least counts.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "agent/base/cleanup.h"
#include "netfilter/nft.h"
#include "netfilter/quarantine.h"
#include "tests/bench/row.h"

#define ROUNDS	11
#define BATCHES 40
#define PACKETS 250 /* a batch */
#define PEERS	10000
#define PORT	7000
#define HOST	1 /* the last byte of its address */
#define FAR	2

enum state { BARE, COMPLIANT, ACCEPTING, QUARANTINED, LARGE, STATES };

static const char *const names[STATES] = {
	[BARE] = "no ruleset",
	[COMPLIANT] = "compliant",
	[ACCEPTING] = "base chains that accept",
	[QUARANTINED] = "quarantined, 20 peers",
	[LARGE] = "quarantined, 10000 peers",
};

/* What a compliant host would have if it kept its chains. */
static const char accepting[] =
	"nft -f - <<'END'\n"
	"table inet b {\n"
	" chain i { type filter hook input priority -2147483648; policy drop; accept; }\n"
	" chain f { type filter hook forward priority -2147483648; policy drop; accept; }\n"
	" chain o { type filter hook output priority -2147483648; policy drop; accept; }\n"
	" chain p { type filter hook postrouting priority 2147483647; policy drop; accept; }\n"
	"}\n"
	"table netdev b {\n"
	" chain i { type filter hook ingress device bp0 priority -2147483648; policy drop; accept; "
	"}\n"
	" chain e { type filter hook egress device bp0 priority 2147483647; policy drop; accept; "
	"}\n"
	"}\n"
	"END\n";

struct bench {
	int host, far; /* sockets, each connected with the other */
	struct nft nft;
	struct peer peers[PEERS];
	double ns[2][STATES][ROUNDS];
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct sockaddr_in address(uint8_t last)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT) };

	a.sin_addr.s_addr = htonl(0xc0000200u | last);
	return a;
}

/* In the namespace that we are in: a socket at `own` that talks with `far`. */
static int open_socket(uint8_t own, uint8_t far, int *ret)
{
	const struct sockaddr_in from = address(own), to = address(far);
	const int room = 1; /* what arrives is dropped soon; that costs all of them the same */
	_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) < 0 ||
	    bind(fd, (const struct sockaddr *)&from, sizeof(from)) < 0 ||
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	*ret = take_fd(&fd);
	return 0;
}

/* Two namespaces and a link between them; the caller is in the host's. */
static int make(struct bench *b)
{
	char line[256];
	_close_ int home = -1, far = -1;
	int r;

	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	far = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	snprintf(line, sizeof(line),
		 "ip link set lo up && ip link add bp0 type veth peer name bp1 && "
		 "ip link set bp1 netns /proc/%d/fd/%d && ip addr add 192.0.2.%d/24 dev bp0 && "
		 "ip link set bp0 up",
		 getpid(), far, HOST);
	if (system(line))
		return -EIO;
	r = open_socket(HOST, FAR, &b->host);
	setns(far, CLONE_NEWNET);
	snprintf(line, sizeof(line),
		 "ip link set lo up && ip addr add 192.0.2.%d/24 dev bp1 && "
		 "ip link set bp1 up",
		 FAR);
	if (r == 0 && system(line))
		r = -EIO;
	if (r == 0)
		r = open_socket(FAR, HOST, &b->far);
	setns(home, CLONE_NEWNET);
	return r;
}

static int set_state(struct bench *b, enum state state, struct fault *f)
{
	struct allow allow = { .out = b->peers,
			       .n_out = state == LARGE ? PEERS : 20,
			       .everyone = true };
	int r = quarantine_lift(&b->nft, f);

	if (r == 0 && state == ACCEPTING)
		return system(accepting) ? -EIO : 0;
	if (system("nft delete table inet b 2>/dev/null; nft delete table netdev b 2>/dev/null"))
		(void)0; /* they were not there */
	if (r == 0 && state != BARE)
		r = quarantine_lay(&b->nft, &allow, f);
	if (r == 0 && state == COMPLIANT)
		r = quarantine_lift(&b->nft, f);
	return r;
}

static double batch(int fd)
{
	double start = now();

	for (int i = 0; i < PACKETS; i++)
		(void)!send(fd, "lazaret", 7, MSG_DONTWAIT);
	return (now() - start) / PACKETS;
}

/* The least of many short batches: one in which nothing else had the processor. */
static int cost(int from, int to, double *ret)
{
	double least = batch(from);
	char data[16];
	int arrived = 0;

	for (int i = 1; i < BATCHES; i++) {
		double one = batch(from);

		least = one < least ? one : least;
	}
	*ret = least;
	/* Whoever takes them has room for a few; but what does not arrive has not cost its all. */
	while (recv(to, data, sizeof(data), MSG_DONTWAIT) > 0)
		arrived++;
	return arrived ? 0 : -EHOSTUNREACH;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The peer that is used is the last of the list; a set finds each of them alike. */
static void make_peers(struct peer *peers)
{
	for (uint32_t i = 0; i < PEERS; i++) {
		const uint32_t n = htonl(i ? 0x0a000000 + i : 0xc0000200u | FAR);

		peers[i] = (struct peer){
			.family = AF_INET, .proto = IPPROTO_UDP, .prefix = 32, .port = PORT
		};
		memcpy(peers[i].addr, &n, sizeof(n));
	}
}

static void tell(struct bench *b)
{
	static const char *const ways[] = { "out", "in" };
	char what[64];

	for (int w = 0; w < 2; w++) {
		for (int s = 0; s < STATES; s++) {
			double *all = b->ns[w][s];

			qsort(all, ROUNDS, sizeof(*all), compare);
			printf("a packet %s, %s\t%.0f\tns\n", ways[w], names[s], all[0]);
		}
		snprintf(what, sizeof(what), "a compliant host's packet %s", ways[w]);
		row_print(&(struct row){ what, "ns", b->ns[w][COMPLIANT][0], "1.02x", 10,
					 names[BARE], b->ns[w][BARE][0] });
	}
}

int main(void)
{
	static struct bench b;
	struct fault f = { 0 };
	int r = make(&b);

	make_peers(b.peers);
	if (r == 0)
		r = nft_open(&b.nft, &f);
	for (int i = 0; r == 0 && i < ROUNDS * STATES; i++) {
		const enum state state = (enum state)(i % STATES);

		r = set_state(&b, state, &f);
		if (r == 0)
			r = cost(b.host, b.far, &b.ns[0][state][i / STATES]);
		if (r == 0)
			r = cost(b.far, b.host, &b.ns[1][state][i / STATES]);
	}
	if (r < 0) {
		fprintf(stderr, "bench-packets: %s\n", *f.why ? f.why : strerror(-r));
		return 1;
	}
	tell(&b);
	return 0;
}
