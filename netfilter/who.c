// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/base/slice.h"
#include "netfilter/nft.h"
#include "netfilter/probe.h"
#include "netfilter/rule.h"
#include "netfilter/who.h"

/*
 * Services of others that a repair needs: resolvers, clocks, signatures.  systemd/Kbuild has the
 * drop-ins that bring them into the slice.
 */
static const char *const services[] = {
	"clamav-freshclam.service", "systemd-resolved.service",
	"unbound.service",	    "named.service",
	"dnsmasq.service",	    "systemd-timesyncd.service",
	"chrony.service",	    "chronyd.service",
	"ntpsec.service",	    "ntpd.service",
	"openntpd.service",
};

/* Where cgroup v2 is: alone, or beside version 1 as systemd's hybrid layout has it. */
static const char *mounted_at(void)
{
	static const char *const places[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

	for (size_t i = 0; i < COUNT(places); i++) {
		struct statfs fs;

		if (statfs(places[i], &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
			return places[i];
	}
	return NULL;
}

/* One that was started before it belonged to the slice would be cut off, and the host with it. */
static int find_strays(char *slice, size_t room, struct fault *fault)
{
	size_t at = strlen(slice) - (sizeof(SLICE_NAME) - 1);

	for (size_t i = 0; i < COUNT(services); i++) {
		struct stat st;

		snprintf(slice + at, room - at, "system.slice/%s", services[i]);
		if (stat(slice, &st) == 0)
			return fault_set(fault, -EXDEV,
					 "%s runs outside of " SLICE_NAME "; restart it",
					 services[i]);
	}
	return 0;
}

static int find_slice(struct who *ret, struct fault *fault)
{
	const char *mount = mounted_at();
	_free_ char *text = NULL;
	char path[4096 + 64];
	struct who who = { 0 };
	struct stat st;
	size_t len;
	int at, r = io_read(AT_FDCWD, "/proc/self/cgroup", SLICE_TEXT_MAX, &text, &len);

	if (r < 0)
		return fault_set(fault, r, "/proc/self/cgroup: %s", strerror(-r));
	if (!mount)
		return fault_set(fault, -ENOENT, "cgroup v2 is not mounted at /sys/fs/cgroup");
	at = snprintf(path, sizeof(path), "%s", mount);
	r = slice_read(text, path + at, sizeof(path) - (size_t)at, &who.level);
	if (r < 0)
		return fault_set(fault, -ENOENT,
				 "this program does not run as a unit in " SLICE_NAME);
	if (stat(path, &st) < 0)
		return fault_set(fault, -errno, "%s: %m", path);
	who.id = st.st_ino;
	r = find_strays(path, sizeof(path), fault);
	if (r == 0)
		*ret = who;
	return r;
}

/* In a chain of its own: which hooks a rule can be reached from is looked at elsewhere. */
static int probe(struct nft *nft)
{
	const struct who any = { .level = 1, .id = 1 };
	const struct rule rule = { 0, "probe", { { .op = TERM_OTHERS, .who = &any }, DROP } };

	return probe_rule(nft, &rule);
}

/* What is no answer to the question (memory, a full buffer) leaves it open for the next time. */
static int ask_kernel(struct nft *nft, struct fault *fault)
{
	int r = nft->knows_cgroups ? 0 : probe(nft);

	if (r == 0) {
		nft->knows_cgroups = true;
		return 0;
	}
	if (r == -ENOENT || r == -EINVAL)
		r = -EOPNOTSUPP;
	return fault_set(fault, r, "this kernel cannot match programs by their cgroup: %s",
			 nft_why(r));
}

/* Says nothing about the host: memory, descriptors or the kernel's answer could not be had. */
static bool is_passing(int r)
{
	return r == -ENOMEM || r == -EMFILE || r == -ENFILE || r == -ENOBUFS || r == -EINTR;
}

int who_find(struct nft *nft, struct who *ret, struct fault *fault)
{
	struct fault why = { 0 };
	struct who who;
	int r = find_slice(&who, &why);

	if (r == 0)
		r = ask_kernel(nft, &why);
	if (is_passing(r) && nft->who.level) {
		who = nft->who;
		r = 0;
	}
	if (r < 0)
		return fault_set(fault, r, "%s", why.why);
	*ret = who;
	return 0;
}
