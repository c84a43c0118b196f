/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A root with one unit, a-b.service, that the vendor enabled. */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/io.h"
#include "policy/provider.h"
#include "tests/unit/test.h"

#define VENDOR	"usr/lib/systemd/system/"
#define ETC	"etc/systemd/system/"
#define CGROUP	"sys/fs/cgroup/system.slice/a-b.service/"
#define NOBODY	65534
#define INSTALL "[Install]\nWantedBy=multi-user.target\n"

static char folder[] = "/tmp/test-units.XXXXXX";
static int root = -1;

static const struct provider_unit of = { .name = "a-b.service",
					 .program = "/usr/sbin/worker",
					 .drop_ins = { 1, { "own.conf" } } };

/* "->TARGET" makes a link. */
static void put(const char *name, const char *text)
{
	char command[400];

	snprintf(command, sizeof(command), "mkdir -p \"$(dirname '%s/%s')\"", folder, name);
	assert_int_equal(system(command), 0);
	unlinkat(root, name, 0);
	if (!strncmp(text, "->", 2))
		assert_int_equal(symlinkat(text + 2, root, name), 0);
	else
		assert_int_equal(io_replace(root, name, text, strlen(text), 0644), 0);
}

static void fresh(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s/*", folder);
	assert_int_equal(system(command), 0);
	put(VENDOR "a-b.service", INSTALL);
	put(ETC "multi-user.target.wants/a-b.service", "->/usr/lib/systemd/system/a-b.service");
}

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0;
}

static int tear_down(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}
