// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/feed-layout.h"
#include "policy/feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void walk(const struct feed *f)
{
	static const char version[] = "1:2.0~rc1-3";
	struct feed_about about;
	enum package_kind kind;
	struct feed_walk w, v;
	struct advisory a;
	const char *name;
	size_t sum = 0;

	feed_tell(f, &about);
	sum += strlen(about.distro) + strlen(about.release);
	for (size_t i = 0; feed_package(f, i, &name, &kind, &w); i++) {
		while (feed_next(&w, &a))
			sum += strlen(a.id) + strlen(a.also) + strlen(a.fixed) + strlen(a.last);
		if (feed_find(f, kind, name, strlen(name), &v))
			while (feed_next_affecting(&v, version, strlen(version), &a))
				sum += a.severity;
	}
	if (sum == SIZE_MAX)
		abort();
}

/* What was checked and accepted finds each of its packages again, and all its records. */
static void walk_checked(const struct feed *f)
{
	struct feed_about about;
	enum package_kind kind;
	struct feed_walk w, v;
	struct advisory a;
	const char *name;
	size_t n = 0;

	feed_tell(f, &about);
	for (size_t i = 0; feed_package(f, i, &name, &kind, &w); i++) {
		if (!feed_find(f, kind, name, strlen(name), &v) || v.at != w.at || v.end != w.end)
			abort();
		while (feed_next(&w, &a))
			n++;
	}
	if (n != about.n_advisories)
		abort();
}

/* Sizes that say how long the file should be are put right, else most inputs end there. */
static void mend(char *data, size_t len)
{
	struct feed_header *h = (void *)data;
	struct feed_places at;

	if (len < sizeof(*h) || le32toh(h->bits) > FEED_BITS)
		return;
	at = feed_place(le32toh(h->bits), le32toh(h->n_packages), le32toh(h->n_records), 0);
	if (at.pool + 2 > len)
		return;
	h->n_pool = htole32((uint32_t)(len - at.pool));
	data[at.pool] = data[len - 1] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *copy = malloc(len ? len : 1);
	struct feed *f = NULL;

	memcpy(copy, data, len);
	mend(copy, len);
	if (feed_use(copy, len, &f, NULL) == 0) {
		walk(f);
		if (feed_check(f, NULL) == 0)
			walk_checked(f);
	}
	feed_unmap(f);
	free(copy);
	return 0;
}
