/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The publisher's program in a folder of its own. */
#pragma once

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "tests/unit/test.h"

#define FILE_MAX 65536

struct lab {
	char path[40];
	int dir;
};

/* $P is the program. */
static int sh(struct lab *l, const char *command)
{
	char text[6000], self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int status;

	assert_true(n > 0);
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	assert_true(snprintf(text, sizeof(text),
			     "exec >out 2>&1; cd %s; P=%s/../../policy/lazaret-policy; %s", l->path,
			     self, command) < (int)sizeof(text));
	assert_int_equal(fchdir(l->dir), 0);
	status = system(text);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void expect(struct lab *l, const char *command, int status, const char *words)
{
	_free_ char *text = NULL;
	size_t len;
	int is = sh(l, command);

	assert_int_equal(io_read(l->dir, "out", FILE_MAX, &text, &len), 0);
	if (is != status || !strstr(text, words))
		fail_msg("%s: status %d instead of %d: \"%s\" does not say \"%s\"", command, is,
			 status, text, words);
}

static int set_up(void **state)
{
	struct lab *l = calloc(1, sizeof(*l));

	strcpy(l->path, "/tmp/test-publisher.XXXXXX");
	assert_non_null(mkdtemp(l->path));
	l->dir = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = l;
	return 0;
}

static int tear_down(void **state)
{
	struct lab *l = *state;
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s", l->path);
	assert_int_equal(system(command), 0);
	close(l->dir);
	free(l);
	return 0;
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
