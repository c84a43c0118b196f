// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/msg.h"
#include "agent/base/wire.h"
#include "agent/legacy-hear.h"
#include "agent/posture/legacy.h"
#include "netfilter/xtables.h"

#define SEALS (F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_WRITE)

void legacy_unmap(struct xtables *x)
{
	if (x->bytes)
		munmap(x->bytes, x->len);
	*x = (struct xtables){ 0 };
}

/* Only of a memory that nobody can change any more; shared, older kernels refuse to map such. */
static int map(int fd, uint64_t len, struct xtables *ret)
{
	const int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;
	void *at;

	if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st) < 0 || !len ||
	    len > XTABLES_MAX || (uint64_t)st.st_size != len)
		return -EPROTO;
	at = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	*ret = (struct xtables){ .bytes = at, .len = len };
	return 0;
}

static bool makes_sense(const struct legacy_told *t, bool fd)
{
	const bool any = t->ip4 | t->ip6;

	if (!wire_text_ok(t->why) || t->err > 0 || (t->ip4 | t->ip6) & ~LEGACY_ALL ||
	    (any && !t->known))
		return false;
	return t->err ? !t->len : t->known && any == !!t->len && any == fd;
}

int legacy_hear(int sock, struct legacy *is, struct xtables *rules, struct fault *fault)
{
	struct legacy_told told;
	int fds[1], r;
	size_t n = 1;
	_close_ int fd = -1;

	r = msg_recv(sock, &told, sizeof(told), fds, &n, 0);
	if (r < 0)
		return fault_set(fault, r, "lazaret-legacy gave no answer: %s", strerror(-r));
	if (n)
		fd = fds[0];
	if (!makes_sense(&told, fd >= 0))
		return fault_set(fault, -EPROTO, "lazaret-legacy gave no answer that makes sense");
	*is = (struct legacy){ told.known, told.ip4, told.ip6, NULL };
	if (told.err < 0)
		return fault_set(fault, told.err, "lazaret-legacy: %s", told.why);
	r = told.len ? map(fd, told.len, rules) : 0;
	if (r < 0)
		return fault_set(fault, r, "what lazaret-legacy read cannot be taken: %s",
				 strerror(-r));
	is->rules = rules;
	return 0;
}
