// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/posture/legacy.h"
#include "agent/posture/posture.h"
#include "netfilter/xtables.h"

#define NAMES_MAX 4096

static const char *const names[] = { "filter", "nat", "mangle", "raw", "security" };

/* A line each. */
static unsigned tables_in(const char *text)
{
	unsigned tables = 0;

	while (*(text += strspn(text, "\n"))) {
		const size_t len = strcspn(text, "\n");

		for (size_t i = 0; i < COUNT(names); i++)
			if (len == strlen(names[i]) && !memcmp(text, names[i], len))
				tables |= 1u << i;
		text += len;
	}
	return tables;
}

static int read_names(int dir, const char *file, unsigned *ret)
{
	_free_ char *text = NULL;
	size_t len;
	int r = io_read(dir, file, NAMES_MAX, &text, &len);

	if (r < 0 && r != -ENOENT)
		return r;
	*ret = r < 0 ? 0 : tables_in(text);
	return 0;
}

int legacy_read(int dir, const char *names4, const char *names6, struct legacy *ret)
{
	struct legacy l = { .known = true };
	int r = read_names(dir, names4, &l.ip4);

	if (r == 0)
		r = read_names(dir, names6, &l.ip6);
	if (r == 0)
		*ret = l;
	return r;
}

int legacy_read_own(struct legacy *ret)
{
	return legacy_read(AT_FDCWD, "/proc/self/net/ip_tables_names",
			   "/proc/self/net/ip6_tables_names", ret);
}

static int gather(uint8_t family, unsigned tables, struct xtables *ret, struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; i < COUNT(names) && r == 0; i++)
		if (tables >> i & 1)
			r = xtables_read(family, names[i], ret, fault);
	return r;
}

int legacy_gather(const struct legacy *l, struct xtables *ret, struct fault *fault)
{
	int r = gather(NFPROTO_IPV4, l->ip4, ret, fault);

	if (r == 0)
		r = gather(NFPROTO_IPV6, l->ip6, ret, fault);
	if (r < 0)
		xtables_free(ret);
	return r;
}

static unsigned look_modules(int root, const char *family)
{
	unsigned tables = 0;

	for (size_t i = 0; i < COUNT(names); i++) {
		char path[64];

		snprintf(path, sizeof(path), "sys/module/%stable_%s", family, names[i]);
		if (faccessat(root, path, F_OK, 0) == 0)
			tables |= 1u << i;
	}
	return tables;
}

void legacy_look(const struct host *host, struct legacy *ret)
{
	const struct legacy none = { 0 }, *said = host->legacy ? host->legacy : &none;

	if (legacy_read(host->root, "proc/self/net/ip_tables_names",
			"proc/self/net/ip6_tables_names", ret) == 0)
		ret->rules = said->ip4 == ret->ip4 && said->ip6 == ret->ip6 ? said->rules : NULL;
	else if (said->known)
		*ret = *said;
	else
		*ret = (struct legacy){ .ip4 = look_modules(host->root, "ip"),
					.ip6 = look_modules(host->root, "ip6") };
}

const char *legacy_text(unsigned tables, char text[LEGACY_TEXT])
{
	size_t n = 0;

	*text = '\0';
	for (size_t i = 0; i < COUNT(names); i++) {
		const unsigned rest = tables >> i >> 1;

		if (tables >> i & 1)
			n += (size_t)snprintf(text + n, LEGACY_TEXT - n, "%s%s",
					      !n     ? ""
					      : rest ? ", "
						     : " and ",
					      names[i]);
	}
	return text;
}
