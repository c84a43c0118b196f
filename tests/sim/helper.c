// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a simulated host has for lazaret-fetch and lazaret-remedy, by the name it is called.  The
 * policy server is the folder SIM_WEB, each name of an allow-list is 192.0.2.30, and a remedy
 * closes the firewall while there is the file SIM_REMEDY, else it fails.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/msg.h"
#include "agent/base/wire.h"
#include "agent/remedy/remedy.h"

#define FILE_LIMIT 1000000

static int serve_one(const struct fetch_get *get, int body)
{
	struct fetch_got got = { .status = 404 };
	_free_ char *text = NULL, *name = NULL;
	size_t len;

	if (asprintf(&name, "%s/%s", getenv("SIM_WEB"), get->path) < 0)
		return -ENOMEM;
	if (io_read(AT_FDCWD, name, FILE_LIMIT, &text, &len) == 0 && len <= get->max &&
	    io_write(body, text, len) == 0) {
		got.status = 200;
		got.len = len;
	}
	return msg_send(0, &got, sizeof(got), NULL, 0);
}

static int serve(void)
{
	struct fetch_get get;
	int body, r = 0;
	size_t n = 1;

	while (r == 0 && msg_recv(0, &get, sizeof(get), &body, &n, -1) == 0) {
		r = serve_one(&get, body);
		close(body);
	}
	return r < 0;
}

static int resolve(void)
{
	struct fetch_name ask;

	while (msg_recv(0, &ask, sizeof(ask), NULL, NULL, -1) == 0) {
		struct fetch_found found = { .ttl = 3600, .n = 1, .at[0].family = AF_INET };

		memcpy(found.name, ask.name, sizeof(found.name));
		inet_pton(AF_INET, "192.0.2.30", found.at[0].addr);
		if (msg_send(0, &found, sizeof(found), NULL, 0) < 0)
			return 1;
	}
	return 0;
}

static int fetch(void)
{
	struct fetch_got got = { .saw = FETCH_SAW_HELD,
				 .server = { .family = AF_INET, .port = 443 } };
	struct fetch_open open;
	int fds[MSG_FDS_MAX];
	size_t n = MSG_FDS_MAX;

	inet_pton(AF_INET, "192.0.2.10", got.server.addr);
	if (msg_recv(0, &open, sizeof(open), fds, &n, -1) < 0 ||
	    msg_send(0, &got, sizeof(got), NULL, 0) < 0)
		return 1;
	if (open.flags & FETCH_PROBE)
		return 0;
	return open.flags & FETCH_RESOLVE ? resolve() : serve();
}

static int mend(void)
{
	const char *said = REMEDY_FAILED "nothing works\n";

	if (access(getenv("SIM_REMEDY"), F_OK) == 0 &&
	    system("nft 'table inet host { chain input { type filter hook input priority 0; policy "
		   "drop; }; }'") == 0)
		said = REMEDY_OK "\n";
	return io_write(1, said, strlen(said)) < 0;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');

	name = name ? name + 1 : argv[0];
	if (!strcmp(name, "lazaret-fetch"))
		return fetch();
	return argc > 1 ? mend() : 2;
}
