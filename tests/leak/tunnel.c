// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tunnel LINK OWN-ADDRESS OWN-PORT ADDRESS PORT [MARK] - one end of a VPN: makes a tun device, and
 * what goes into it goes on inside UDP, to that address (port 0: to whoever was heard last).  No
 * byte of the inside can be read outside; that is all there is of a cipher.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MTU_ROOM 65536

static int open_tun(const char *name)
{
	struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	return fd < 0 || ioctl(fd, TUNSETIFF, &r) < 0 ? -1 : fd;
}

static struct sockaddr_in6 address(const char *text, const char *port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6,
				  .sin6_port = htons((uint16_t)atoi(port)) };

	if (inet_pton(AF_INET6, text, &a.sin6_addr) != 1) {
		memset(a.sin6_addr.s6_addr + 10, 0xff, 2);
		inet_pton(AF_INET, text, a.sin6_addr.s6_addr + 12);
	}
	return a;
}

static int open_outside(const char *addr, const char *port, const char *mark)
{
	struct sockaddr_in6 own = address(addr, port);
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), n = mark ? atoi(mark) : 0;

	if (fd < 0 || (n && setsockopt(fd, SOL_SOCKET, SO_MARK, &n, sizeof(n)) < 0) ||
	    bind(fd, (struct sockaddr *)&own, sizeof(own)) < 0)
		return -1;
	return fd;
}

static void veil(uint8_t *data, ssize_t n)
{
	for (ssize_t i = 0; i < n; i++)
		data[i] ^= 0x5a;
}

int main(int argc, char **argv)
{
	static uint8_t data[MTU_ROOM];
	struct sockaddr_in6 far, from;
	struct pollfd fds[2] = { { .fd = -1, .events = POLLIN }, { .fd = -1, .events = POLLIN } };

	if (argc < 6)
		return 2;
	fds[0].fd = open_tun(argv[1]);
	fds[1].fd = open_outside(argv[2], argv[3], argc > 6 ? argv[6] : NULL);
	far = address(argv[4], argv[5]);
	if (fds[0].fd < 0 || fds[1].fd < 0) {
		perror("tunnel");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while (poll(fds, 2, -1) > 0) {
		socklen_t len = sizeof(from);
		ssize_t n;

		if (fds[0].revents && (n = read(fds[0].fd, data, sizeof(data))) > 0) {
			veil(data, n);
			sendto(fds[1].fd, data, (size_t)n, MSG_DONTWAIT, (struct sockaddr *)&far,
			       sizeof(far));
		}
		if (fds[1].revents && (n = recvfrom(fds[1].fd, data, sizeof(data), MSG_DONTWAIT,
						    (struct sockaddr *)&from, &len)) > 0) {
			veil(data, n);
			far = atoi(argv[5]) ? far : from;
			if (write(fds[0].fd, data, (size_t)n) < 0)
				continue; /* no IP; or the device is down */
		}
	}
	return 1;
}
