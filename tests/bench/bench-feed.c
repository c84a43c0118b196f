// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a feed costs: to make one, to check it when it is accepted, and to ask it for 2,500
 * packages as a look does, with 5,000 and with 50,000 advisories.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/publisher/feed-rows.h"

#define PACKAGES 2500
#define SOURCES	 4000 /* that advisories name; 1,250 of the packages are among them */
#define RUNS	 31

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint32_t put(struct feed_rows *r, const char *text)
{
	uint32_t at = 0;

	if (rows_put_text(r, text, strlen(text), &at) < 0)
		exit(1);
	return at;
}

/* One of a hundred has no fix; the others were fixed in what is installed or before. */
static void fill(struct feed_rows *rows, unsigned n)
{
	char name[32], id[32], version[32];

	for (unsigned i = 0; i < n; i++) {
		bool open = i % 100 == 98;
		struct feed_row row = { .state = open ? ADVISORY_NO_FIX : ADVISORY_FIXED,
					.bound_is = open ? BOUND_NONE : BOUND_FIXED,
					.source = i };

		snprintf(name, sizeof(name), "package-%u", i * 7919u % SOURCES);
		snprintf(id, sizeof(id), "CVE-2026-%u", i);
		snprintf(version, sizeof(version), "1.%u-1+deb12u%u", i % 90, i % 7);
		row.package = put(rows, name);
		row.id = put(rows, id);
		row.bound = put(rows, open ? "" : version);
		if (rows_add(rows, &row) < 0)
			exit(1);
	}
}

static size_t make(unsigned n, char **ret)
{
	static const struct distro distro = { "debian", "12" };
	_drop_(drop_rows) struct feed_rows rows = { 0 };
	size_t len;

	fill(&rows, n);
	if (rows_merge(&rows) < 0 || rows_write(&rows, &distro, 1, ret, &len, NULL) < 0)
		exit(1);
	return len;
}

/* By both names, as a look asks; how many affect it. */
static size_t ask(const struct feed *f, unsigned package)
{
	static const char version[] = "1.90-1";
	struct feed_walk w;
	struct advisory a;
	char name[32];
	size_t n = 0;
	int len = snprintf(name, sizeof(name), "package-%u", package * 2);

	for (int kind = 0; kind < PACKAGE_KINDS; kind++)
		if (feed_find(f, (enum package_kind)kind, name, (size_t)len, &w))
			while (feed_next_affecting(&w, version, sizeof(version) - 1, &a))
				n++;
	return n;
}

static uint64_t look(int fd)
{
	uint64_t began = now_ns();
	struct feed *f = NULL;
	size_t found = 0;

	if (feed_map(fd, &f, NULL) < 0)
		exit(1);
	for (unsigned i = 0; i < PACKAGES; i++)
		found += ask(f, i);
	if (!found)
		exit(1);
	feed_unmap(f);
	return now_ns() - began;
}

static int by_size(const void *a, const void *b)
{
	uint64_t v = *(const uint64_t *)a, w = *(const uint64_t *)b;

	return (v > w) - (v < w);
}

static double time_looks(const char *data, size_t len)
{
	char path[] = "/tmp/lazaret-bench-feed.XXXXXX";
	_close_ int fd = mkstemp(path);
	uint64_t times[RUNS];

	if (fd < 0 || unlink(path) < 0 || io_write(fd, data, len) < 0)
		exit(1);
	for (int i = 0; i < RUNS; i++)
		times[i] = look(fd);
	qsort(times, RUNS, sizeof(*times), by_size);
	return (double)times[RUNS / 2] / 1e6;
}

int main(void)
{
	static const unsigned sizes[] = { 5000, 50000 };
	double looks[2];

	for (int i = 0; i < 2; i++) {
		uint64_t began = now_ns(), made;
		_free_ char *data = NULL;
		size_t len = make(sizes[i], &data);
		struct feed *f = NULL;

		made = now_ns();
		if (feed_use(data, len, &f, NULL) < 0 || feed_check(f, NULL) < 0)
			exit(1);
		printf("feed: make, %u advisories\t%.0f\tms\n", sizes[i],
		       (double)(made - began) / 1e6);
		printf("feed: check, %u advisories\t%.1f\tms\n", sizes[i],
		       (double)(now_ns() - made) / 1e6);
		printf("feed: size, %u advisories\t%.0f\tKiB\n", sizes[i], (double)len / 1024);
		looks[i] = time_looks(data, len);
		printf("feed: ask for %d packages, %u advisories\t%.2f\tms\n", PACKAGES, sizes[i],
		       looks[i]);
		feed_unmap(f);
	}
	/* What a look adds to reading the packages: see "patches" for the whole. */
	printf("feed: 50,000 beside 5,000 advisories\t%.2f\tx\n", looks[1] / looks[0]);
	return 0;
}
