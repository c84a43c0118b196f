// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/msg.h"
#include "agent/base/proxy.h"
#include "agent/base/wire.h"
#include "agent/fetcher.h"

/* CA, and client certificate and key when there are any; returns how many, or -errno. */
static int open_credentials(const struct config *c, int fds[3], struct fault *fault)
{
	const char *const files[3] = { c->ca, c->certificate, c->private_key };
	int n = 0;

	for (; n < 3 && *files[n]; n++) {
		fds[n] = open(files[n], O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fds[n] < 0) {
			int err = fault_set(fault, -errno,
					    "cannot read %s: %s; see [Policy] in lazaret.conf",
					    files[n], strerror(errno));

			while (n-- > 0)
				close(fds[n]);
			return err;
		}
	}
	return n;
}

/* Not having one costs a handshake, no more. */
static int memory_of(struct mirror *m)
{
	_close_ int fd = -1;

	if (m->memory >= 0)
		return m->memory;
	fd = memfd_create("lazaret-fetch", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, FETCH_MEMORY_SIZE) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
		return -1;
	m->memory = take_fd(&fd);
	return m->memory;
}

static int send_open(const struct config *c, struct mirror *mirror, uint32_t flags,
		     const char *report, int session, struct fault *fault)
{
	struct fetch_open o = { .timeout_ms = (uint32_t)(c->timeout * 1000) };
	int fds[MSG_FDS_MAX], memory = memory_of(mirror);
	int n = open_credentials(c, fds, fault), opened = n, err;

	if (n < 0)
		return n;
	snprintf(o.base, sizeof(o.base), "%s", mirror->url);
	snprintf(o.report, sizeof(o.report), "%s", report);
	err = proxy_choose(c->proxy, o.base, o.proxy);
	o.flags = flags | (n == 3 ? FETCH_HAS_CLIENT : 0);
	if (memory >= 0) {
		o.flags |= FETCH_HAS_MEMORY;
		fds[n++] = memory;
	}
	if (err == 0)
		err = msg_send(session, &o, sizeof(o), fds, (size_t)n);
	explicit_bzero(o.proxy, sizeof(o.proxy));
	while (opened-- > 0)
		close(fds[opened]);
	return err;
}

int fetcher_open(const struct helpers *helpers, struct mirror *mirror, uint32_t flags,
		 const char *report, struct fault *fault)
{
	_close_ int fd = helper_fetch(helpers, fault);
	int r = fd < 0 ? fd : send_open(helpers->config, mirror, flags, report, fd, fault);

	return r < 0 ? r : take_fd(&fd);
}
