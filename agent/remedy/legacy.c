// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lazaret-legacy: reads for lazaretd the rules of iptables-legacy, for which that lacks the
 * sockets. Which tables there are systemd tells it, by credentials, as only root may know; without
 * those it asks itself.  It takes nothing from outside, changes nothing, and gives one answer
 * (struct legacy_told).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/msg.h"
#include "agent/base/wire.h"
#include "agent/posture/legacy.h"
#include "netfilter/xtables.h"

static int read_tables(struct legacy *ret)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	_close_ int dir = folder ? open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

	return folder ? legacy_read(dir, "ip_tables_names", "ip6_tables_names", ret)
		      : legacy_read_own(ret);
}

/* A memory that stays as it is, or -errno. */
static int seal(const struct xtables *x)
{
	_close_ int fd = memfd_create("lazaret-legacy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r = fd < 0 ? -errno : io_write(fd, x->bytes, x->len);

	if (r < 0)
		return r;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		return -errno;
	return take_fd(&fd);
}

static int gather(struct legacy_told *told, struct fault *fault)
{
	_drop_(xtables_free) struct xtables x = { 0 };
	struct legacy l = { 0 };
	int r = read_tables(&l);

	if (r < 0)
		return fault_set(fault, r, "cannot see which tables there are: %s", strerror(-r));
	told->known = true;
	told->ip4 = l.ip4;
	told->ip6 = l.ip6;
	r = legacy_gather(&l, &x, fault);
	if (r < 0 || !x.len)
		return r < 0 ? r : -ENODATA;
	r = seal(&x);
	if (r < 0)
		return fault_set(fault, r, "cannot hand them on: %s", strerror(-r));
	told->len = x.len;
	return r;
}

int main(void)
{
	struct legacy_told told = { 0 };
	struct fault fault = { 0 };
	_close_ int fd = gather(&told, &fault);
	int r;

	told.err = fd < 0 && fd != -ENODATA ? fd : 0;
	snprintf(told.why, sizeof(told.why), "%s", told.err ? fault.why : "");
	r = msg_send(STDOUT_FILENO, &told, sizeof(told), &fd, fd >= 0);
	/* Nobody waits for it any more. */
	return r < 0 && r != -EPIPE && r != -ECONNRESET;
}
