/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host on which something runs that is no longer installed: a /proc and a package database. */
#pragma once

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/root.h"
#include "tests/unit/test.h"

#define LIB	      "/usr/lib/x86_64-linux-gnu/"
#define CODE(path)    "7f0000000000-7f0000001000 r-xp 00001000 fe:01 1234    " path "\n"
#define DATA(path)    "7f0000001000-7f0000002000 rw-p 00002000 fe:01 1234    " path "\n"
#define SERVICE(name) "0::/system.slice/" name ".service\n"

#define PACKAGE(name, version)                                                                    \
	"Package: " name "\nStatus: install ok installed\nArchitecture: amd64\nVersion: " version \
	"\n\n"

#define DEBIAN_BUILD(v) "#1 SMP PREEMPT_DYNAMIC Debian " v " (2026-11-02)"
#define IMAGE(rel, v)	PACKAGE("linux-image-" rel, v)

/* mounts: its mount namespace; at: its root */
static inline void put_process(const struct root *r, int pid, const char *maps, const char *cgroup,
			       const char *mounts, const char *at)
{
	char path[64];

	snprintf(path, sizeof(path), "proc/%d/maps", pid);
	root_text(r, path, maps);
	snprintf(path, sizeof(path), "proc/%d/cgroup", pid);
	root_text(r, path, cgroup);
	snprintf(path, sizeof(path), "proc/%d/ns/x", pid);
	root_text(r, path, "");
	snprintf(path, sizeof(path), "proc/%d/ns/mnt", pid);
	assert_int_equal(symlinkat(mounts, r->fd, path), 0);
	snprintf(path, sizeof(path), "proc/%d/root", pid);
	assert_int_equal(symlinkat(at, r->fd, path), 0);
}

#define HOST "mnt:[1]", "/"
#define STATUS                         \
	PACKAGE("libssl3", "3.0.15-1") \
	PACKAGE("libc6", "2.36-9") PACKAGE("nginx", "1.22") PACKAGE("libgnutls30", "3.7.9-2")

static inline int open_host(struct root *r)
{
	if (root_open(r))
		return -1;
	root_text(r, "var/lib/dpkg/status", STATUS);
	root_text(r, "var/lib/dpkg/info/libssl3:amd64.list", "/.\n/usr\n" LIB "libssl.so.3\n");
	root_text(r, "var/lib/dpkg/info/libc6:amd64.list", "/lib/x86_64-linux-gnu/libc.so.6\n");
	root_text(r, "var/lib/dpkg/info/nginx.list", "/usr/sbin/nginx");
	root_text(r, "var/lib/dpkg/info/libgnutls30:amd64.list", LIB "libgnutls.so.30.34.4\n");
	root_text(r, "var/lib/dpkg/info/format", "1\n");
	put_process(r, 1, CODE("/usr/lib/systemd/systemd"), "0::/init.scope\n", HOST);
	return 0;
}
