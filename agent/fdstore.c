// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "agent/fdstore.h"

int fdstore_take(const char *name)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(1, &names), ret = -ENOENT;

	for (int i = 0; i < n; i++) {
		int fd = SD_LISTEN_FDS_START + i;

		if (ret < 0 && !strcmp(names[i], name))
			ret = fd;
		else
			close(fd);
		free(names[i]);
	}
	free(names);
	return n < 0 ? n : ret;
}

int fdstore_keep(const char *name, int fd)
{
	char text[128];

	/* Not polled: an overrun of a netlink socket looks like an error, and it would be dropped.
	 */
	snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);
	return sd_pid_notify_with_fds(0, 0, text, &fd, 1);
}
