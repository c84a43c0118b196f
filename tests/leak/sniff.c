// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sniff - the far side: reads each frame that the host under test sends, on every link whose
 * name starts with "h-", and prints each token once.  A token is "LKTnnnnX": row, phase.  A
 * bare segment of TCP or SCTP names its row by its port to: 10000 + row in phase O, 30000 + row in
 * phase I. "LKR" instead counts only in a frame that is addressed to the rogue, 02:00:00:00:66:66.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define ROWS 2000

static void seen(unsigned row, char phase)
{
	static bool told[2][ROWS];
	bool *t = row < ROWS ? &told[phase == 'I'][row] : NULL;

	if (t && !*t) {
		*t = true;
		printf("LK%04u%c\n", row, phase);
	}
}

static void look_for_token(const uint8_t *frame, size_t len)
{
	static const uint8_t rogue[6] = { 2, 0, 0, 0, 0x66, 0x66 };

	for (size_t i = 0; i + 8 <= len; i++) {
		const uint8_t *t = frame + i;

		if (memcmp(t, "LK", 2) || (t[2] != 'T' && t[2] != 'R') ||
		    (t[7] != 'O' && t[7] != 'I') || !isdigit(t[3]) || !isdigit(t[4]) ||
		    !isdigit(t[5]) || !isdigit(t[6]))
			continue;
		if (t[2] == 'T' || !memcmp(frame, rogue, 6))
			seen((unsigned)((t[3] - '0') * 1000 + (t[4] - '0') * 100 +
					(t[5] - '0') * 10 + t[6] - '0'),
			     (char)t[7]);
	}
}

/* Of those that open a connection before they send data. */
static bool has_port(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP;
}

static void look_for_port(const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + 14;
	size_t head = 0;
	unsigned port;

	if (len >= 54 && frame[12] == 8 && !frame[13] && has_port(ip[9]))
		head = (size_t)(ip[0] & 15) * 4;
	else if (len >= 74 && frame[12] == 0x86 && frame[13] == 0xdd && has_port(ip[6]))
		head = 40;
	if (!head || 14 + head + 4 > len)
		return;
	port = (unsigned)ip[head + 2] << 8 | ip[head + 3];
	if (port >= 10000 && port < 10000 + ROWS)
		seen(port - 10000, 'O');
	else if (port >= 30000 && port < 30000 + ROWS)
		seen(port - 30000, 'I');
}

int main(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	const int room = 16 << 20;
	uint8_t frame[65536];

	if (fd < 0)
		return 1;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	for (;;) {
		struct sockaddr_ll from = { 0 };
		socklen_t n = sizeof(from);
		ssize_t len = recvfrom(fd, frame, sizeof(frame), 0, (struct sockaddr *)&from, &n);
		char name[IF_NAMESIZE] = "";

		if (len < 14 || from.sll_pkttype == PACKET_OUTGOING)
			continue;
		/* A link that is gone by now was one of the host's: no others come and go. */
		if (if_indextoname((unsigned)from.sll_ifindex, name) && strncmp(name, "h-", 2))
			continue;
		look_for_token(frame, (size_t)len);
		look_for_port(frame, (size_t)len);
	}
}
