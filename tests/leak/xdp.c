// SPDX-License-Identifier: GPL-2.0-or-later
/* Documentation/networking/af_xdp.rst: one frame of memory, whatever the place in the ring. */
#include <errno.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "tests/leak/xdp.h"

#define FRAMES	   XDP_MANY
#define FRAME_SIZE 4096
#define AGAIN	   1000 /* milliseconds */

static int give_memory(int fd, void **ret)
{
	struct xdp_umem_reg reg = { .len = FRAMES * FRAME_SIZE, .chunk_size = FRAME_SIZE };
	const int n = FRAMES;
	void *memory = mmap(NULL, reg.len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0);

	if (memory == MAP_FAILED)
		return -errno;
	reg.addr = (uintptr_t)memory;
	*ret = memory;
	if (setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &reg, sizeof(reg)) < 0 ||
	    setsockopt(fd, SOL_XDP, XDP_UMEM_FILL_RING, &n, sizeof(n)) < 0 ||
	    setsockopt(fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &n, sizeof(n)) < 0 ||
	    setsockopt(fd, SOL_XDP, XDP_TX_RING, &n, sizeof(n)) < 0)
		return -errno;
	return 0;
}

static int fill_ring(int fd, size_t len, unsigned many)
{
	struct xdp_mmap_offsets at;
	socklen_t n = sizeof(at);
	struct xdp_desc *desc;
	char *ring;

	if (getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &n) < 0)
		return -errno;
	ring = mmap(NULL, at.tx.desc + FRAMES * sizeof(*desc), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_POPULATE, fd, XDP_PGOFF_TX_RING);
	if (ring == MAP_FAILED)
		return -errno;
	desc = (struct xdp_desc *)(ring + at.tx.desc);
	for (unsigned i = 0; i < many; i++)
		desc[i] = (struct xdp_desc){ .addr = 0, .len = (uint32_t)len };
	__atomic_store_n((uint32_t *)(ring + at.tx.producer), many, __ATOMIC_RELEASE);
	return 0;
}

int xdp_send(const char *dev, const uint8_t *frame, size_t len, unsigned many, int hold_ms)
{
	_close_ int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct sockaddr_xdp to = { .sxdp_family = AF_XDP,
				   .sxdp_flags = XDP_COPY,
				   .sxdp_ifindex = if_nametoindex(dev) };
	void *memory = NULL;
	int r = fd < 0 ? -errno : give_memory(fd, &memory);

	if (r < 0)
		return r;
	memcpy(memory, frame, len);
	/* The queue may still belong to a socket that was closed just now. */
	for (int i = 0; bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0; i++) {
		if (errno != EBUSY || i == 1000)
			return -errno;
		poll(NULL, 0, 10);
	}
	r = fill_ring(fd, len, many);
	/* A call sends a few, and says to try again; a busy kernel says so before the first. */
	for (unsigned i = 0; r == 0 && i < many + AGAIN; i++) {
		const bool sent = sendto(fd, NULL, 0, MSG_DONTWAIT, NULL, 0) == 0;

		if (sent && i + 1 >= many)
			break;
		if (!sent && errno != EAGAIN)
			r = -errno;
		else if (!sent)
			poll(NULL, 0, 1);
	}
	poll(NULL, 0, hold_ms);
	return r;
}
