// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/helper.h"

extern char **environ;

static int reach(const struct helpers *h, int type, const char *name, struct fault *fault)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	_close_ int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	int n = snprintf(to.sun_path, sizeof(to.sun_path), "%s/%s.sock", h->config->runtime_dir,
			 name);

	if (fd < 0)
		return -errno;
	if (n < 0 || (size_t)n >= sizeof(to.sun_path))
		return fault_set(fault, -ENAMETOOLONG, "RuntimeDirectory=%s is too long",
				 h->config->runtime_dir);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return fault_set(fault, -errno,
				 "%s: %m; is lazaret-%s.socket started? (systemctl status)",
				 to.sun_path, name);
	return take_fd(&fd);
}

/* The child gets nothing of ours: other descriptors are close-on-exec, signals are reset. */
static int start(const char *path, char *const argv[], int end)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	pid_t pid;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	r = posix_spawn_file_actions_adddup2(&files, end, 0);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&files, end, 1);
	if (!r)
		r = posix_spawn(&pid, path, &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return -r;
}

static int spawn(const struct helpers *h, int type, const char *program, char *const args[],
		 struct fault *fault)
{
	_free_ char *path = io_path(h->config->helper_dir, program);
	_close_ int ours = -1;
	_close_ int theirs = -1;
	int pair[2], r;

	if (!path)
		return -ENOMEM;
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	ours = pair[0];
	theirs = pair[1];
	r = start(path, args, theirs);
	if (r < 0)
		return fault_set(fault, r,
				 "cannot start %s: %s; set [Agent] HelperDirectory=", path,
				 strerror(-r));
	return take_fd(&ours);
}

int helper_fetch(const struct helpers *h, struct fault *fault)
{
	char *args[] = { (char *)"lazaret-fetch", NULL };

	return h->spawn ? spawn(h, SOCK_SEQPACKET, args[0], args, fault)
			: reach(h, SOCK_SEQPACKET, "fetch", fault);
}

int helper_vet(const struct helpers *h, struct fault *fault)
{
	_free_ char *store = io_path(h->config->state_dir, CONFIG_STORE);
	char *args[] = { (char *)"lazaret-vet", (char *)"--store",     store,
			 (char *)"--root",	h->config->first_root, NULL };

	if (!h->spawn)
		return reach(h, SOCK_SEQPACKET, "vet", fault);
	if (!store)
		return -ENOMEM;
	return spawn(h, SOCK_SEQPACKET, args[0], args, fault);
}

int helper_witness(const struct helpers *h, struct fault *fault)
{
	char *args[] = { (char *)"lazaret-witness", NULL };

	return h->spawn ? spawn(h, SOCK_STREAM, args[0], args, fault)
			: reach(h, SOCK_STREAM, "witness", fault);
}

int helper_legacy(const struct helpers *h, struct fault *fault)
{
	char *args[] = { (char *)"lazaret-legacy", NULL };

	return h->spawn ? spawn(h, SOCK_SEQPACKET, args[0], args, fault)
			: reach(h, SOCK_SEQPACKET, "legacy", fault);
}

int helper_health(const struct helpers *h, struct fault *fault)
{
	char *args[] = { (char *)"lazaret-health", NULL };

	return h->spawn ? spawn(h, SOCK_STREAM, args[0], args, fault)
			: reach(h, SOCK_STREAM, "health", fault);
}

int helper_clerk(const struct helpers *h, struct fault *fault)
{
	char *args[] = { (char *)"lazaret-clerk", NULL };

	return h->spawn ? spawn(h, SOCK_STREAM, args[0], args, fault)
			: reach(h, SOCK_STREAM, "clerk", fault);
}

int helper_keep(const struct helpers *h, struct fault *fault)
{
	return h->spawn ? -EOPNOTSUPP : reach(h, SOCK_STREAM, "keep", fault);
}

int helper_remedy(const struct helpers *h, const char *remedy, struct fault *fault)
{
	char *args[] = { (char *)"lazaret-remedy", (char *)remedy, NULL };
	char name[80];

	snprintf(name, sizeof(name), "remedy-%s", remedy);
	return h->spawn ? spawn(h, SOCK_STREAM, args[0], args, fault)
			: reach(h, SOCK_STREAM, name, fault);
}
