// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/posture/unpack.h"
#include "agent/posture/unpackers.h"

#define PACKED_BYTES (32 * 1024)

struct unpack {
	int fd;
	const struct packing *packing; /* NULL: the file as it is */
	void *state;
	uint64_t total, max;
	bool drained; /* the file is read to its end */
	bool between; /* no stream has begun, or the last one ended */
	struct span in;
	unsigned char packed[];
};

DEFINE_DROP(unpack, unpack_close)

static const struct packing *find(const char *ending)
{
	for (const struct packing *p = packings; p->ending; p++)
		if (!strcmp(p->ending, ending))
			return p;
	return NULL;
}

bool unpack_is_packed(const char *ending)
{
	return find(ending) != NULL;
}

int unpack_open(int fd, const char *ending, uint64_t max, struct unpack **ret, struct fault *fault)
{
	const struct packing *packing = find(ending);
	_drop_(drop_unpack) struct unpack *u = NULL;
	int r;

	if (*ending && (!packing || !packing->unpacker))
		return fault_set(fault, -EOPNOTSUPP,
				 "is compressed (%s), which this build cannot read", ending);
	u = calloc(1, sizeof(*u) + (packing ? PACKED_BYTES : 0));
	if (!u)
		return -ENOMEM;
	u->fd = fd;
	u->max = max;
	u->between = true;
	r = packing ? packing->unpacker->open(&u->state) : 0;
	if (r == -ELIBACC)
		return fault_set(fault, -EOPNOTSUPP,
				 "is compressed (%s), and %s to read it with is not installed",
				 ending, packing->unpacker->library);
	if (r < 0)
		return r;
	u->packing = packing;
	*ret = take(u);
	return 0;
}

struct unpack *unpack_close(struct unpack *u)
{
	if (u && u->packing)
		u->packing->unpacker->close(u->state);
	free(u);
	return NULL;
}

static ssize_t read_some(int fd, void *buf, size_t room, struct fault *fault)
{
	ssize_t n;

	do
		n = read(fd, buf, room);
	while (n < 0 && errno == EINTR);
	return n < 0 ? fault_set(fault, -errno, "%s", strerror(errno)) : n;
}

/* Makes sure that there is input, or that it is known that there is no more. */
static int feed(struct unpack *u, struct fault *fault)
{
	ssize_t n;

	if (u->in.len || u->drained)
		return 0;
	n = read_some(u->fd, u->packed, PACKED_BYTES, fault);
	if (n < 0)
		return (int)n;
	u->in = (struct span){ u->packed, (size_t)n };
	u->drained = n == 0;
	return 0;
}

static ssize_t refuse(const struct unpack *u, struct fault *fault)
{
	return fault_set(fault, -EBADMSG, "is no whole %s file", u->packing->ending + 1);
}

/* One stream may follow another; after the last nothing may be left. */
static ssize_t unpack_some(struct unpack *u, unsigned char *buf, size_t room, struct fault *fault)
{
	struct span out = { buf, room };

	while (out.len == room) {
		int r = feed(u, fault);
		size_t before = u->in.len;

		if (r < 0)
			return r;
		if (u->drained && !u->in.len && u->between)
			return 0;
		r = u->packing->unpacker->step(u->state, &u->in, &out, u->between);
		if (r < 0)
			return r == -ENOMEM ? r : refuse(u, fault);
		u->between = r == 1;
		/* Neither took nor gave: what it waits for never comes. */
		if (!u->between && out.len == room && before == u->in.len)
			return refuse(u, fault);
	}
	return (ssize_t)(room - out.len);
}

ssize_t unpack_read(struct unpack *u, void *buf, size_t room, struct fault *fault)
{
	ssize_t n = u->packing ? unpack_some(u, buf, room, fault)
			       : read_some(u->fd, buf, room, fault);

	if (n <= 0)
		return n;
	u->total += (uint64_t)n;
	if (u->total > u->max)
		return fault_set(fault, -EFBIG, "is larger than %llu bytes",
				 (unsigned long long)u->max);
	return n;
}

uint64_t unpack_total(const struct unpack *u)
{
	return u->total;
}
