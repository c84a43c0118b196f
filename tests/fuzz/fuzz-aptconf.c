// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * apt's configuration: a part of apt.conf.d and, behind a NUL, apt.conf.  Whatever stands there,
 * what comes of it fits, and a comment more changes nothing but the line that is told.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "agent/posture/aptconf.h"
#include "tests/fuzz/root.h"

#define COMMENT "// one line more\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int read_conf(const uint8_t *conf, size_t len, struct aptconf *ret)
{
	struct fault fault = { 0 };
	int r;

	if (root_put(&root, APT_CONF, conf, len) < 0)
		abort();
	r = aptconf_read(root.fd, ret, &fault);
	if (r != 0 && (r != -EXDEV || !fault.why[0]))
		abort();
	if (strlen(ret->release) >= sizeof(ret->release) ||
	    strlen(ret->machine_id) >= sizeof(ret->machine_id) ||
	    strlen(ret->file) >= sizeof(ret->file) || ret->phasing > PHASING_NEVER ||
	    !*ret->file != !ret->line)
		abort();
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *end = len ? memchr(data, '\0', len) : NULL;
	size_t part = end ? (size_t)(end - data) : len;
	size_t n = end ? len - part - 1 : 0;
	uint8_t *longer = malloc(sizeof(COMMENT) + n);
	struct aptconf a, b;
	int r, s;

	root_is_new();
	if (!longer || root_put(&root, APT_CONF_PARTS "/part", data, part) < 0)
		abort();
	memcpy(longer, COMMENT, sizeof(COMMENT) - 1);
	if (n)
		memcpy(longer + sizeof(COMMENT) - 1, end + 1, n);
	r = read_conf(longer + sizeof(COMMENT) - 1, n, &a);
	s = read_conf(longer, sizeof(COMMENT) - 1 + n, &b);
	free(longer);
	if (r != s || strcmp(a.release, b.release) || strcmp(a.machine_id, b.machine_id) ||
	    strcmp(a.file, b.file) || a.phasing != b.phasing ||
	    b.line != a.line + !strcmp(a.file, "/" APT_CONF))
		abort();
	return 0;
}
