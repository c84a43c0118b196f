// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "agent/base/cleanup.h"
#include "agent/base/wire.h"
#include "agent/cli/ask.h"
#include "agent/cli/put.h"

#define WAIT_SECONDS 330 /* a policy refresh is given up after 300 */

static int talk(const char *path, const char *verb, char **ret)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const struct timeval wait = { .tv_sec = WAIT_SECONDS };
	_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	_free_ char *reply = calloc(1, CONTROL_REPLY_MAX + 1);
	ssize_t n;

	if (fd < 0 || !reply || strlen(path) >= sizeof(to.sun_path))
		return -EINVAL;
	strcpy(to.sun_path, path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    send(fd, verb, strlen(verb), MSG_NOSIGNAL) < 0)
		return -errno;
	n = recv(fd, reply, CONTROL_REPLY_MAX, 0);
	if (n <= 0)
		return n < 0 ? -errno : -ECONNRESET;
	*ret = take(reply);
	return 0;
}

int ask(const struct cli *cli, const char *verb, json_t **ret)
{
	_free_ char *reply = NULL;
	int r = talk(cli->socket, verb, &reply);
	json_t *all;

	if (r < 0) {
		fprintf(stderr,
			"lazaret: no answer at %s: %s; is lazaretd running? (systemctl status "
			"lazaretd)\n",
			cli->socket, strerror(-r));
		return EXIT_FAILED;
	}
	all = json_loads(reply, 0, NULL);
	if (json_object_size(all) && !*text_of(all, "error")) {
		*ret = all;
		return 0;
	}
	fprintf(stderr, "lazaret: %.*s: %s\n", (int)strcspn(verb, " "), verb,
		all && *text_of(all, "error") ? text_of(all, "error")
					      : "lazaretd gave no readable answer");
	json_decref(all);
	return EXIT_FAILED;
}
