// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/remedy/copies.h"
#include "policy/summed.h"

const struct copies_place copies_places[] = {
	{ FRONT_UFW, "etc/default/ufw", false },
	{ FRONT_UFW, "etc/ufw", true },
	{ FRONT_FIREWALLD, "etc/firewalld", true },
	{ FRONT_NFTABLES, "etc/nftables.conf", false },
	{ FRONT_NFTABLES, "etc/nftables.d", true },
	{ FRONT_NFTABLES, "etc/nftables", true },
	{ FRONT_NFTABLES, "etc/sysconfig/nftables.conf", false },
	{ FRONT_IPTABLES, "etc/iptables", true },
};
const size_t copies_places_n = COUNT(copies_places);

const struct copies_place *copies_place_of(const char *path)
{
	for (size_t i = 0; i < copies_places_n; i++) {
		const struct copies_place *p = &copies_places[i];
		size_t n = strlen(p->path);

		if (!strncmp(path, p->path, n) && path[n] == (p->folder ? '/' : '\0'))
			return p;
	}
	return NULL;
}

/* Ours to write: at a place, and no way out of it. */
static bool is_path(const char *path)
{
	const struct copies_place *p = copies_place_of(path);
	size_t len = strlen(path);

	return p && path[len - 1] != '/' && !strstr(path, "//") && !strstr(path, "/.");
}

void copies_free(struct copies *c)
{
	free(c);
}

/* MODE BYTES or "link" BYTES, and a blank; the rest is the path, or NULL. */
static const char *read_head(const char *head, struct copy *ret)
{
	unsigned mode = 0;
	int skip = 0;

	ret->link = sscanf(head, COPIES_IS_LINK " %7zu %n", &ret->len, &skip) == 1 && skip;
	if (ret->link)
		return ret->len && ret->len <= COPIES_LINK ? head + skip : NULL;
	if (sscanf(head, "%4o %7zu %n", &mode, &ret->len, &skip) != 2 || !skip || mode & ~0755u)
		return NULL;
	ret->mode = (mode_t)mode;
	return head + skip;
}

/* One file or link from the text at *at, which it moves on. */
static int read_copy(const char **at, const char *end, struct copy *ret)
{
	const char *eol = memchr(*at, '\n', (size_t)(end - *at));
	char head[COPIES_PATH + 40];
	const char *path;

	if (!eol || (size_t)(eol - *at) >= sizeof(head))
		return -EBADMSG;
	memcpy(head, *at, (size_t)(eol - *at));
	head[eol - *at] = '\0';
	path = read_head(head, ret);
	if (!path || strlen(path) >= sizeof(ret->path) || !is_path(path) ||
	    ret->len >= (size_t)(end - eol) - 1 || eol[1 + ret->len] != '\n' ||
	    (ret->link && memchr(eol + 1, '\0', ret->len)))
		return -EBADMSG;
	strcpy(ret->path, path);
	ret->data = eol + 1;
	*at = eol + 1 + ret->len + 1;
	return 0;
}

int copies_parse(const char *text, size_t len, struct copies **ret)
{
	_drop_(drop_copies) struct copies *c = calloc(1, sizeof(*c));
	const char *at = text + SUMMED_HEAD, *end = text + len;
	size_t n;
	int skip = 0, r = 0;

	if (!c)
		return -ENOMEM;
	if (!summed_is_whole(text, len) || text[len - 1] != '\n' ||
	    sscanf(at, " %4zu%n", &n, &skip) != 1 || n > COPIES_FILES || at[skip] != '\n')
		return -EBADMSG;
	at += skip + 1;
	for (; r == 0 && c->n < n; c->n++)
		r = read_copy(&at, end, &c->rows[c->n]);
	if (r < 0 || at != end)
		return -EBADMSG;
	*ret = take(c);
	return 0;
}
