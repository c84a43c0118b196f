// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * question ADDRESS NAME TYPE [edns] - asks a resolver, in the letters as they are given; 0 when an
 * answer came within two seconds, 3 when it may not be sent, 1 when nothing came.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"

#define WITHIN_MS 2000

static int reach(const char *text)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(53) };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (inet_pton(AF_INET6, text, &to.sin6_addr) != 1) {
		memset(to.sin6_addr.s6_addr + 10, 0xff, 2);
		inet_pton(AF_INET, text, to.sin6_addr.s6_addr + 12);
	}
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static size_t spell(uint8_t *out, const char *name, int type, bool extended)
{
	static const uint8_t opt[] = { 0, 0, 41, 4, 0xd0, 0, 0, 0x80, 0, 0, 0 };
	uint8_t *p = out;

	memcpy(p, (const uint8_t[]){ 0x4c, 0x4b, 1, 0x20, 0, 1, 0, 0, 0, 0, 0, extended }, 12);
	for (p += 12; *name; name += strcspn(name, "."), name += *name == '.') {
		size_t n = strcspn(name, ".");

		*p++ = (uint8_t)n;
		memcpy(p, name, n);
		p += n;
	}
	memcpy(p, (const uint8_t[]){ 0, (uint8_t)(type >> 8), (uint8_t)type, 0, 1 }, 5);
	p += 5;
	memcpy(p, opt, sizeof(opt));
	return (size_t)(p - out) + (extended ? sizeof(opt) : 0);
}

int main(int argc, char **argv)
{
	uint8_t text[512], answer[1500];
	_close_ int fd = -1;
	struct pollfd p;
	size_t n;

	if (argc < 4 || strlen(argv[2]) > 255 || (fd = reach(argv[1])) < 0)
		return 2;
	n = spell(text, argv[2], atoi(argv[3]), argc > 4);
	if (send(fd, text, n, 0) < 0)
		return errno == EPERM ? 3 : 1;
	p = (struct pollfd){ .fd = fd, .events = POLLIN };
	if (poll(&p, 1, WITHIN_MS) != 1)
		return 1;
	if (recv(fd, answer, sizeof(answer), 0) < 0)
		return 1;
	return memcmp(answer, text, 2) ? 1 : 0;
}
