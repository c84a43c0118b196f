// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * limit-patches STATUS ADVISORIES - as little as it takes: both files mapped, the advisories
 * ("SOURCE FIXED" a line) into a hash table, one pass over the status file.  It trusts what it
 * reads and knows nothing but these two forms, so the agent cannot be quicker by much.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/version.h"

struct text {
	const char *p;
	size_t len;
};

struct slot {
	struct text source, fixed;
};

static struct text map(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0)
		exit(1);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	return p == MAP_FAILED ? (struct text){ NULL, 0 } : (struct text){ p, (size_t)st.st_size };
}

static uint32_t hash(struct text t)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < t.len; i++)
		h = (h ^ (unsigned char)t.p[i]) * 16777619u;
	return h;
}

static bool same(struct text a, struct text b)
{
	return a.len == b.len && !memcmp(a.p, b.p, a.len);
}

/* The slot of a source, or the free one where it belongs. */
static struct slot *find(struct slot *slots, size_t n, struct text source)
{
	size_t at = hash(source) & (n - 1);

	while (slots[at].source.p && !same(slots[at].source, source))
		at = (at + 1) & (n - 1);
	return &slots[at];
}

static bool older(struct text a, struct text b)
{
	return version_compare(a.p, a.len, b.p, b.len) < 0;
}

static struct slot *read_advisories(struct text all, size_t *ret)
{
	size_t n = 1024;
	struct slot *slots;

	while (n < all.len / 10)
		n *= 2;
	slots = calloc(n, sizeof(*slots));
	for (const char *p = all.p, *end = all.p + all.len, *nl; slots && p < end; p = nl + 1) {
		const char *blank = memchr(p, ' ', (size_t)(end - p));
		struct text source = { p, (size_t)(blank - p) }, fixed;
		struct slot *s = find(slots, n, source);

		nl = memchr(blank, '\n', (size_t)(end - blank));
		fixed = (struct text){ blank + 1, (size_t)(nl - blank - 1) };
		if (!s->source.p || older(s->fixed, fixed))
			*s = (struct slot){ source, fixed };
	}
	*ret = n;
	return slots;
}

static bool take(const char *line, const char *nl, const char *name, size_t len, struct text *ret)
{
	if ((size_t)(nl - line) < len || memcmp(line, name, len))
		return false;
	*ret = (struct text){ line + len, (size_t)(nl - line) - len };
	return true;
}

#define TAKE(name, ret) take(line, nl, name, sizeof(name) - 1, ret)

static void judge(struct slot *slots, size_t n, const struct text *v)
{
	struct text source = v[3].p ? v[3] : v[0], version = v[1];
	const char *open = memchr(source.p, '(', source.len);
	const struct slot *s;

	if (v[2].len < 9 || memcmp(v[2].p + v[2].len - 9, "installed", 9))
		return;
	if (open) {
		version = (struct text){ open + 1, source.len - (size_t)(open - source.p) - 2 };
		source.len = (size_t)(open - source.p) - 1;
	}
	s = find(slots, n, source);
	if (s->source.p && older(version, s->fixed))
		printf("%.*s\n", (int)v[0].len, v[0].p);
}

int main(int argc, char **argv)
{
	struct text status = argc == 3 ? map(argv[1]) : (struct text){ 0 }, v[4] = { 0 };
	const char *end = status.p + status.len, *nl;
	struct slot *slots;
	size_t n;

	if (argc != 3)
		return 2;
	slots = read_advisories(map(argv[2]), &n);
	for (const char *line = status.p; slots && line < end; line = nl + 1) {
		nl = memchr(line, '\n', (size_t)(end - line));
		if (nl == line) {
			judge(slots, n, v);
			memset(v, 0, sizeof(v));
		} else if (*line == 'P') {
			TAKE("Package: ", &v[0]);
		} else if (*line == 'V') {
			TAKE("Version: ", &v[1]);
		} else if (*line == 'S' && !TAKE("Status: ", &v[2])) {
			TAKE("Source: ", &v[3]);
		}
	}
	return fflush(stdout) ? 1 : 0;
}
