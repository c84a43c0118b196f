/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files below a root, copied by the program and put back. */
#pragma once

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/io.h"
#include "agent/remedy/copies.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

static void root_rm(const struct root *r, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", r->path, name);
	assert_int_equal(nftw(path, root_unlink, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static struct report nobody; /* hears it: /dev/null */

static void put_ufw(const struct root *r)
{
	root_text(r, "etc/default/ufw", "DEFAULT_INPUT_POLICY=\"DROP\"\n");
	root_text(r, "etc/ufw/ufw.conf", "ENABLED=yes\n");
	root_text(r, "etc/ufw/user.rules", "*filter\nCOMMIT\n");
	root_text(r, "etc/ufw/applications.d/ssh", "[ssh]\nports=22/tcp\n");
	root_text(r, "etc/ufw/empty", "");
	root_text(r, "etc/ufw/.hidden", "not kept\n");
	root_text(r, "etc/nftables.conf", "flush ruleset\n");
	root_text(r, "etc/passwd", "not kept\n");
}

/* The text must outlive the copies. */
static struct copies *copied(const struct root *r, char **text, size_t *len)
{
	struct copies *c = NULL;
	struct fault fault = { 0 };

	if (copies_make(r->fd, &nobody, text, len, &fault) < 0)
		fail_msg("%s", fault.why);
	assert_int_equal(copies_parse(*text, *len, &c), 0);
	return c;
}

static bool has(const struct root *r, const char *name, const char *text)
{
	char *is = NULL;
	size_t len;
	bool same = io_read(r->fd, name, 10000, &is, &len) == 0 && !strcmp(is, text);

	free(is);
	return same;
}

static bool leads(const struct root *r, const char *name, const char *to)
{
	char is[PATH_MAX];
	ssize_t n = readlinkat(r->fd, name, is, sizeof(is));

	return n == (ssize_t)strlen(to) && !memcmp(is, to, (size_t)n);
}

static int put_back(const struct copies *c, enum front of, const struct root *r, bool all)
{
	struct fault fault = { 0 };
	int n = copies_put_back(c, of, r->fd, all, &nobody, &fault);

	if (n < 0)
		fail_msg("%s", fault.why);
	return n;
}
