// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/feed-open.h"

const char *const severity_names[SEVERITIES] = {
	[SEVERITY_UNKNOWN] = "unknown",	  [SEVERITY_LOW] = "low",
	[SEVERITY_MEDIUM] = "medium",	  [SEVERITY_HIGH] = "high",
	[SEVERITY_CRITICAL] = "critical",
};

const char *const advisory_state_names[ADVISORY_STATES] = {
	[ADVISORY_FIXED] = "fixed",
	[ADVISORY_NO_FIX] = "no-fix",
	[ADVISORY_NEVER] = "never-fixed",
	[ADVISORY_UNIMPORTANT] = "unimportant",
	[ADVISORY_NOT_AFFECTED] = "not-affected",
	[ADVISORY_WITHDRAWN] = "withdrawn",
};

const char *const package_kind_names[PACKAGE_KINDS] = {
	[PACKAGE_SOURCE] = "source",
	[PACKAGE_BINARY] = "binary",
};

DEFINE_DROP(feed, feed_unmap)

/* All that the reads below rely on; what the parts hold is looked at when it is used. */
static bool fits(struct feed *f, const char *data, size_t len)
{
	const struct feed_header *h = (const void *)data;
	struct feed_places at;

	if (len < sizeof(*h) || memcmp(h->magic, FEED_MAGIC, sizeof(h->magic)) ||
	    le32toh(h->version) != FEED_VERSION || le32toh(h->order) >= VERSION_ORDERS)
		return false;
	f->bits = le32toh(h->bits);
	f->n_packages = le32toh(h->n_packages);
	f->n_records = le32toh(h->n_records);
	f->n_pool = le32toh(h->n_pool);
	if (f->bits < 1 || f->bits > FEED_BITS || !f->n_pool)
		return false;
	at = feed_place(f->bits, f->n_packages, f->n_records, f->n_pool);
	if (at.end != len || data[at.pool] || data[at.end - 1])
		return false;
	f->header = h;
	f->buckets = (const void *)(data + at.buckets);
	f->packages = (const void *)(data + at.packages);
	f->records = (const void *)(data + at.records);
	f->pool = data + at.pool;
	return true;
}

int feed_use(const void *data, size_t len, struct feed **ret, struct fault *fault)
{
	_drop_(drop_feed) struct feed *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	if (len > FEED_BYTES_MAX)
		return fault_set(fault, -EFBIG, "a feed of more than %d bytes", FEED_BYTES_MAX);
	if (!fits(f, data, len))
		return fault_set(fault, -EBADMSG,
				 "no feed that this version reads, or cut short; make it with "
				 "lazaret-policy feed");
	*ret = take(f);
	return 0;
}

/* Can nobody but root and us write to it? */
static bool is_ours(const struct stat *st)
{
	return S_ISREG(st->st_mode) && !(st->st_mode & 022) &&
	       (st->st_uid == 0 || st->st_uid == geteuid());
}

static int map(int fd, size_t size, struct feed **ret, struct fault *fault)
{
	void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	int r;

	if (p == MAP_FAILED)
		return fault_set(fault, -errno, "%s", strerror(errno));
	r = feed_use(p, size, ret, fault);
	if (r < 0) {
		munmap(p, size);
		return r;
	}
	(*ret)->mapped = p;
	(*ret)->size = size;
	return 0;
}

static int copy(int fd, struct feed **ret, struct fault *fault)
{
	_free_ char *data = NULL;
	size_t len;
	int r;

	r = io_read_fd(fd, FEED_BYTES_MAX, &data, &len);
	if (r < 0)
		return fault_set(fault, r, "%s", strerror(-r));
	r = feed_use(data, len, ret, fault);
	if (r == 0)
		(*ret)->copied = take(data);
	return r;
}

int feed_map(int fd, struct feed **ret, struct fault *fault)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fault_set(fault, -errno, "%s", strerror(errno));
	if (is_ours(&st) && st.st_size > 0 && st.st_size <= FEED_BYTES_MAX)
		return map(fd, (size_t)st.st_size, ret, fault);
	return copy(fd, ret, fault);
}

int feed_map_kept(int fd, struct feed **ret, struct fault *fault)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fault_set(fault, -errno, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > FEED_BYTES_MAX)
		return fault_set(fault, -EBADMSG, "no feed: empty, too large or no file");
	return map(fd, (size_t)st.st_size, ret, fault);
}

struct feed *feed_unmap(struct feed *f)
{
	if (f && f->mapped)
		munmap(f->mapped, f->size);
	if (f)
		free(f->copied);
	free(f);
	return NULL;
}

const char *feed_text(const struct feed *f, uint32_t at)
{
	at = le32toh(at);
	return at < f->n_pool ? f->pool + at : "";
}

void feed_tell(const struct feed *f, struct feed_about *ret)
{
	*ret = (struct feed_about){
		.distro = feed_text(f, f->header->distro),
		.release = feed_text(f, f->header->release),
		.order = (enum version_order)le32toh(f->header->order),
		.date = (int64_t)le64toh(f->header->date),
		.n_packages = f->n_packages,
		.n_advisories = f->n_records,
	};
	for (unsigned i = 0; i < PACKAGE_KINDS; i++)
		ret->has[i] = le32toh(f->header->kinds) >> i & 1;
}

static uint32_t within(uint32_t little, uint32_t from, uint32_t to)
{
	uint32_t n = le32toh(little);

	return n < from ? from : n > to ? to : n;
}

/* Each mark lies behind the one before, whatever the bytes say. */
static struct feed_walk walk_package(const struct feed *f, const struct feed_package *p)
{
	struct feed_walk w = { .feed = f };

	w.at = within(p->first, 0, f->n_records);
	w.end = within(p[1].first, w.at, f->n_records);
	w.fixed_end = within(p->fixed_end, w.at, w.end);
	w.open_end = within(p->open_end, w.fixed_end, w.end);
	return w;
}

bool feed_find(const struct feed *f, enum package_kind kind, const char *name, size_t len,
	       struct feed_walk *ret)
{
	uint32_t hash = feed_hash(kind, name, len);
	const uint32_t *bucket = f->buckets + (hash >> (32 - f->bits));
	uint32_t from = within(bucket[0], 0, f->n_packages);
	uint32_t to = within(bucket[1], from, f->n_packages);

	for (const struct feed_package *p = f->packages + from; p < f->packages + to; p++) {
		const char *text;

		if (le32toh(p->hash) != hash || le32toh(p->kind) != kind)
			continue;
		text = feed_text(f, p->name);
		if (strlen(text) != len || memcmp(text, name, len))
			continue;
		*ret = walk_package(f, p);
		return ret->at < ret->end;
	}
	*ret = (struct feed_walk){ .feed = f };
	return false;
}

bool feed_package(const struct feed *f, size_t i, const char **name, enum package_kind *kind,
		  struct feed_walk *ret)
{
	if (i >= f->n_packages)
		return false;
	*name = feed_text(f, f->packages[i].name);
	*kind = (enum package_kind)within(f->packages[i].kind, 0, PACKAGE_KINDS - 1);
	*ret = walk_package(f, &f->packages[i]);
	return true;
}

/* A record below n_records. */
static void read_record(const struct feed *f, uint32_t at, struct advisory *ret)
{
	const struct feed_record *r = &f->records[at];
	const char *bound = feed_text(f, r->bound);

	*ret = (struct advisory){
		.state = r->state < ADVISORY_STATES ? r->state : ADVISORY_WITHDRAWN,
		.severity = r->severity < SEVERITIES ? r->severity : SEVERITY_UNKNOWN,
		.published = (int64_t)le64toh(r->published),
		.id = feed_text(f, r->id),
		.also = feed_text(f, r->also),
		.introduced = feed_text(f, r->introduced),
		.fixed = r->bound_is == BOUND_FIXED ? bound : "",
		.last = r->bound_is == BOUND_LAST ? bound : "",
	};
}

bool feed_next(struct feed_walk *w, struct advisory *ret)
{
	if (w->at >= w->end)
		return false;
	read_record(w->feed, w->at++, ret);
	return true;
}

struct installed {
	const char *version;
	size_t len;
};

static int compare(const struct feed *f, const struct installed *i, const char *version)
{
	return version_cmp((enum version_order)le32toh(f->header->order), i->version, i->len,
			   version, strlen(version));
}

static bool affects(const struct feed *f, const struct advisory *a, const struct installed *i)
{
	return (!*a->introduced || compare(f, i, a->introduced) >= 0) &&
	       (!*a->fixed || compare(f, i, a->fixed) < 0) &&
	       (!*a->last || compare(f, i, a->last) <= 0);
}

bool feed_next_affecting(struct feed_walk *w, const char *version, size_t len, struct advisory *ret)
{
	struct installed i = { version, len };

	while (w->at < w->open_end) {
		if (w->feed->watch)
			feed_check_next(w);
		read_record(w->feed, w->at, ret);
		/* All fixes behind this one are older. */
		if (w->at < w->fixed_end && compare(w->feed, &i, ret->fixed) >= 0) {
			w->at = w->fixed_end;
			continue;
		}
		w->at++;
		if (!affects(w->feed, ret, &i))
			continue;
		if (w->feed->watch)
			feed_check_told(w->feed, w->at - 1);
		return true;
	}
	return false;
}
