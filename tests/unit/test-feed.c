// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "policy/feed-open.h"
#include "policy/publisher/feed-rows.h"
#include "tests/unit/test.h"

#define DAY 86400

static const struct distro bookworm = { "debian", "12" };

struct line {
	enum package_kind kind;
	const char *package, *id, *introduced, *bound;
	enum advisory_state state;
	uint8_t bound_is;
};

static const struct line lines[] = {
	{ PACKAGE_SOURCE, "openssl", "CVE-2026-1", "", "3.0.11-1~deb12u2", ADVISORY_FIXED,
	  BOUND_FIXED },
	{ PACKAGE_SOURCE, "openssl", "CVE-2026-2", "", "3.0.15-1~deb12u1", ADVISORY_FIXED,
	  BOUND_FIXED },
	{ PACKAGE_SOURCE, "openssl", "CVE-2026-3", "3.0.12-1", "3.0.16-1~deb12u1", ADVISORY_FIXED,
	  BOUND_FIXED },
	{ PACKAGE_SOURCE, "openssl", "CVE-2026-4", "", "", ADVISORY_NO_FIX, BOUND_NONE },
	{ PACKAGE_SOURCE, "openssl", "CVE-2026-5", "", "3.0.12-1", ADVISORY_NO_FIX, BOUND_LAST },
	{ PACKAGE_SOURCE, "openssl", "CVE-2026-6", "", "", ADVISORY_NOT_AFFECTED, BOUND_NONE },
	{ PACKAGE_SOURCE, "bash", "CVE-2026-7", "", "5.2-3", ADVISORY_FIXED, BOUND_FIXED },
	{ PACKAGE_BINARY, "bash", "CVE-2026-8", "", "5.2-9", ADVISORY_WITHDRAWN, BOUND_FIXED },
};
#define LINES COUNT(lines)

static uint32_t put(struct feed_rows *r, const char *text)
{
	uint32_t at;

	assert_int_equal(rows_put_text(r, text, strlen(text), &at), 0);
	return at;
}

static void add(struct feed_rows *r, const struct line *l)
{
	const struct feed_row row = { .kind = l->kind,
				      .state = l->state,
				      .severity = SEVERITY_HIGH,
				      .published = 20000 * DAY,
				      .package = put(r, l->package),
				      .id = put(r, l->id),
				      .introduced = put(r, l->introduced),
				      .bound = put(r, l->bound),
				      .bound_is = l->bound_is };

	assert_int_equal(rows_add(r, &row), 0);
}

static size_t make(const struct line *from, size_t n, bool backwards, char **ret)
{
	_drop_(drop_rows) struct feed_rows rows = { 0 };
	size_t len;

	for (size_t i = 0; i < n; i++)
		add(&rows, &from[backwards ? n - 1 - i : i]);
	assert_int_equal(rows_write(&rows, &bookworm, 20001 * DAY, ret, &len, NULL), 0);
	return len;
}

/* The ids, in the order they come. */
static void collect(struct feed_walk w, const char *version, char *out, size_t room)
{
	struct advisory a;
	size_t n = 0;

	out[0] = '\0';
	while (version ? feed_next_affecting(&w, version, strlen(version), &a) : feed_next(&w, &a))
		n += (size_t)snprintf(out + n, room - n, "%s%c", n ? " " : "",
				      a.id[strlen(a.id) - 1]);
}

static void test_finds(void **state)
{
	static const struct {
		const char *version, *ids;
	} rows[] = {
		{ NULL, "3 2 1 4 5 6" },
		{ "3.0.9-1", "2 1 4 5" },
		{ "3.0.11-1~deb12u2", "2 4 5" },
		{ "3.0.12-1", "3 2 4 5" },
		{ "3.0.15-1~deb12u1", "3 4" },
		{ "3.0.16-1~deb12u1", "4" },
		{ "9:0", "4" },
	};
	_free_ char *data = NULL;
	size_t len = make(lines, LINES, false, &data);
	struct feed *f = NULL;
	struct feed_walk w;
	char ids[64];

	(void)state;
	assert_int_equal(feed_use(data, len, &f, NULL), 0);
	assert_int_equal(feed_check(f, NULL), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(feed_find(f, PACKAGE_SOURCE, "openssl-3", 7, &w));
		collect(w, rows[i].version, ids, sizeof(ids));
		assert_string_equal(ids, rows[i].ids);
	}
	assert_true(feed_find(f, PACKAGE_BINARY, "bash", 4, &w));
	collect(w, "1", ids, sizeof(ids));
	assert_string_equal(ids, "");
	collect(w, NULL, ids, sizeof(ids));
	assert_string_equal(ids, "8");
	assert_false(feed_find(f, PACKAGE_BINARY, "openssl", 7, &w));
	assert_false(feed_find(f, PACKAGE_SOURCE, "opens", 5, &w));
	assert_false(feed_find(f, PACKAGE_SOURCE, "openssl\0", 8, &w));
	assert_false(feed_find(f, PACKAGE_SOURCE, "", 0, &w));
	feed_unmap(f);
}

static void test_tells(void **state)
{
	_free_ char *data = NULL;
	size_t len = make(lines, LINES - 1, false, &data);
	struct feed_about about;
	struct feed_walk w;
	struct feed *f = NULL;
	struct advisory a;

	(void)state;
	assert_int_equal(feed_use(data, len, &f, NULL), 0);
	feed_tell(f, &about);
	assert_string_equal(about.distro, "debian");
	assert_string_equal(about.release, "12");
	assert_int_equal(about.order, VERSION_DPKG);
	assert_int_equal(about.date, 20001 * DAY);
	assert_true(about.has[PACKAGE_SOURCE]);
	assert_false(about.has[PACKAGE_BINARY]);
	assert_int_equal(about.n_packages, 2);
	assert_int_equal(about.n_advisories, LINES - 1);
	assert_true(feed_find(f, PACKAGE_SOURCE, "bash", 4, &w));
	assert_true(feed_next(&w, &a));
	assert_int_equal(a.state, ADVISORY_FIXED);
	assert_int_equal(a.severity, SEVERITY_HIGH);
	assert_int_equal(a.published, 20000 * DAY);
	assert_string_equal(a.id, "CVE-2026-7");
	assert_string_equal(a.introduced, "");
	assert_string_equal(a.fixed, "5.2-3");
	assert_string_equal(a.last, "");
	assert_false(feed_next(&w, &a));
	feed_unmap(f);
}

static void test_is_the_same_in_any_order(void **state)
{
	_free_ char *a = NULL, *b = NULL;
	size_t m = make(lines, LINES, false, &a), n = make(lines, LINES, true, &b);

	(void)state;
	assert_int_equal(m, n);
	assert_memory_equal(a, b, n);
}

/* Walks over everything, as a look would; what it finds does not matter. */
static void use(const struct feed *f)
{
	struct feed_about about;
	enum package_kind kind;
	struct feed_walk w, v;
	struct advisory a;
	const char *name;

	feed_tell(f, &about);
	for (size_t i = 0; feed_package(f, i, &name, &kind, &w); i++) {
		while (feed_next(&w, &a))
			assert_true(strlen(a.id) + strlen(a.also) < FEED_BYTES_MAX);
		if (feed_find(f, kind, name, strlen(name), &v))
			while (feed_next_affecting(&v, "1", 1, &a))
				;
	}
}

/* Each byte set to what hurts: refused when checked, or harmless; in either case readable. */
static void test_survives_any_byte(void **state)
{
	static const unsigned char hurts[] = { 0, 1, 0x7f, 0x80, 0xff };
	_free_ char *data = NULL;
	size_t len = make(lines, LINES, false, &data), refused = 0;

	(void)state;
	for (size_t i = 0; i < len; i++)
		for (size_t k = 0; k < sizeof(hurts); k++) {
			char was = data[i];
			struct feed *f = NULL;

			data[i] = (char)hurts[k];
			if (feed_use(data, len, &f, NULL) < 0 || feed_check(f, NULL) < 0)
				refused += was != data[i];
			if (f)
				use(f);
			f = feed_unmap(f);
			data[i] = was;
		}
	assert_true(refused > len);
}

/* Each change leaves all places inside, and would make a look answer wrongly. */
static void break_feed(struct feed *f, int how)
{
	struct feed_record *r = (struct feed_record *)f->records, swap;
	struct feed_package *p = (struct feed_package *)f->packages;
	size_t i = 0;

	switch (how) {
	case 0: /* an older fix before a newer one */
		while (strcmp(feed_text(f, r[i].id), "CVE-2026-3"))
			i++;
		swap = r[i];
		r[i] = r[i + 1];
		r[i + 1] = swap;
		break;
	case 1: /* what has no fix among what has */
		while (r[i].state != ADVISORY_NO_FIX)
			i++;
		r[i].state = ADVISORY_FIXED;
		break;
	case 2: /* two of one name */
		for (; i < f->n_packages; i++) {
			p[i].hash = p[0].hash;
			p[i].name = p[0].name;
			p[i].kind = p[0].kind;
		}
		((uint32_t *)f->buckets)[1] = p[0].hash >> 31 ? 0 : htole32(f->n_packages);
		break;
	case 3: /* a kind that the header does not know of */
		((struct feed_header *)f->header)->kinds = 0;
		break;
	case 4: /* a name that does not have this hash */
		((char *)f->pool)[le32toh(p[0].name)]++;
		break;
	case 5: /* advisories of nobody */
		p[f->n_packages].first = htole32(f->n_records - 1);
		break;
	case 6: /* the tail of a text as a text */ r[0].id = htole32(le32toh(r[0].id) + 1); break;
	case 7: /* what a terminal would obey */
		((char *)f->pool)[le32toh(r[0].id)] = '\x1b';
		break;
	default: fail();
	}
}

static void test_check_refuses(void **state)
{
	(void)state;
	for (int how = 0; how < 8; how++) {
		_free_ char *data = NULL;
		size_t len = make(lines, LINES, false, &data);
		struct fault fault = { 0 };
		struct feed *f = NULL;

		assert_int_equal(feed_use(data, len, &f, NULL), 0);
		assert_int_equal(feed_check(f, NULL), 0);
		break_feed(f, how);
		if (feed_check(f, &fault) != -EBADMSG || strncmp(fault.why, "damaged feed: ", 14))
			fail_msg("%d: %s", how, fault.why);
		feed_unmap(f);
	}
}

static void test_refuses_any_cut(void **state)
{
	_free_ char *data = NULL;
	size_t len = make(lines, LINES, false, &data);

	(void)state;
	for (size_t n = 0; n < len; n++) {
		_free_ char *part = malloc(n ? n : 1);
		struct feed *f = NULL;
		struct fault fault = { 0 };

		memcpy(part, data, n);
		assert_int_equal(feed_use(part, n, &f, &fault), -EBADMSG);
		assert_null(f);
		assert_non_null(strstr(fault.why, "no feed"));
	}
}

/* What another user could cut short must not be mapped: the reader would be killed. */
static void test_maps_only_what_stays(void **state)
{
	char path[] = "/tmp/lazaret-feed.XXXXXX";
	_free_ char *data = NULL;
	size_t len = make(lines, LINES, false, &data);
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(io_write(fd, data, len), 0);
	for (int open = 0; open < 2; open++) {
		struct feed *f = NULL;
		struct feed_walk w;

		assert_int_equal(fchmod(fd, open ? 0666 : 0644), 0);
		assert_int_equal(feed_map(fd, &f, NULL), 0);
		assert_int_equal(f->mapped != NULL, !open);
		if (open)
			assert_int_equal(ftruncate(fd, 0), 0);
		assert_true(feed_find(f, PACKAGE_SOURCE, "openssl", 7, &w));
		f = feed_unmap(f);
	}
	assert_int_equal(feed_map(fd, &(struct feed *){ NULL }, NULL), -EBADMSG);
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds),
		cmocka_unit_test(test_tells),
		cmocka_unit_test(test_is_the_same_in_any_order),
		cmocka_unit_test(test_survives_any_byte),
		cmocka_unit_test(test_check_refuses),
		cmocka_unit_test(test_refuses_any_cut),
		cmocka_unit_test(test_maps_only_what_stays),
	};

	return cmocka_run_group_tests_name("feed", tests, NULL, NULL);
}
