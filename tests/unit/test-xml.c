// SPDX-License-Identifier: GPL-2.0-or-later
/* XML: what is told of it, and that nothing in it makes its reader grow. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/posture/xml.h"
#include "tests/unit/test.h"

DEFINE_DROP(unpack, unpack_close)

struct told {
	char text[1024];
	size_t len;
	int answer; /* of the first call */
};

static int on_begin(void *ctx, const char *name, const char *const *attributes)
{
	struct told *t = ctx;

	if (t->len < sizeof(t->text) / 2)
		t->len += (size_t)snprintf(t->text + t->len, 100, "<%.30s %.30s>", name,
					   xml_attribute(attributes, "a"));
	return t->answer;
}

static int on_end(void *ctx, const char *name, struct word text)
{
	struct told *t = ctx;

	if (t->len < sizeof(t->text) / 2)
		t->len += (size_t)snprintf(t->text + t->len, 100, "%.20s</%.30s>",
					   text.p ? text.p : "(long)", name);
	return 0;
}

static int read_text(const char *text, size_t len, struct told *t, struct fault *fault)
{
	static const struct xml_calls calls = { on_begin, on_end };
	_close_ int fd = memfd_create("xml", MFD_CLOEXEC);
	_drop_(drop_unpack) struct unpack *in = NULL;

	assert_int_equal(io_write(fd, text, len), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(unpack_open(fd, "", UINT64_MAX, &in, NULL), 0);
	return xml_read(in, &calls, t, fault);
}

static void test_told(void **state)
{
	struct told t = { .len = 0 };
	struct fault fault = { 0 };
	const char *text = "<?xml version=\"1.0\"?><x a='1'>lost<!-- c --><y b='2'>&lt;&#65;"
			   "<![CDATA[<z>]]></y>kept</x>";

	(void)state;
	assert_int_equal(read_text(text, strlen(text), &t, &fault), 0);
	assert_string_equal(t.text, "<x 1><y ><A<z></y>kept</x>");
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *why;
		unsigned line;
	} rows[] = {
		{ "", "no element found", 1 },
		{ "<x>\n<y></x>", "mismatched tag", 2 },
		{ "<x>", "no element found", 1 },
		{ "<x/><y/>", "junk after document element", 1 },
		{ "<x>&a;</x>", "undefined entity", 1 },
		{ "\n<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>", "has a DOCTYPE", 2 },
		{ "<!DOCTYPE x SYSTEM \"http://x/\"><x/>", "has a DOCTYPE", 1 },
		{ "<?xml version=\"1.0\" encoding=\"x-unknown\"?><x/>", "unknown encoding", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct told t = { .len = 0 };
		struct fault fault = { 0 };

		assert_int_equal(read_text(rows[i].text, strlen(rows[i].text), &t, &fault),
				 -EBADMSG);
		assert_string_equal(fault.why, rows[i].why);
		assert_int_equal(fault.line, rows[i].line);
	}
}

/* A call's own answer ends the reading, and nothing is told after it. */
static void test_stopped(void **state)
{
	struct told t = { .answer = -E2BIG };
	struct fault fault = { 0 };

	(void)state;
	assert_int_equal(read_text("<x><y/></x>", 11, &t, &fault), -E2BIG);
	assert_string_equal(t.text, "<x >");
	assert_string_equal(fault.why, "");
}

/* A document: a head, n times a part in which N becomes a number, and a tail. */
static int read_many(const char *head, char part, size_t n, const char *tail, struct fault *fault)
{
	size_t room = strlen(head) + strlen(tail) + n * 16 + 1, len;
	_free_ char *text = malloc(room);
	struct told t = { .len = 0 };

	assert_non_null(text);
	*fault = (struct fault){ 0 };
	len = (size_t)snprintf(text, room, "%s", head);
	for (size_t i = 0; i < n; i++)
		len += (size_t)(part == 'e'   ? snprintf(text + len, room - len, "<e%zu/>", i)
				: part == 'a' ? snprintf(text + len, room - len, " a%zu=''", i)
				: part == '<' ? snprintf(text + len, room - len, "<d>")
					      : snprintf(text + len, room - len, "%c", part));
	len += (size_t)snprintf(text + len, room - len, "%s", tail);
	return read_text(text, len, &t, fault);
}

static void test_bounds(void **state)
{
	static const struct {
		const char *head;
		char part;
		size_t n;
		const char *tail, *why; /* NULL: it is read */
	} rows[] = {
		{ "<x>", 'e', XML_NAMES_MAX - 1, "</x>", NULL },
		{ "<x>", 'e', XML_NAMES_MAX, "</x>", "names are too long, or too many" },
		{ "<x", 'a', XML_NAMES_MAX, "/>", "names are too long, or too many" },
		{ "<", 'x', XML_NAME_MAX - 1, "/>", NULL },
		{ "<", 'x', XML_NAME_MAX, "/>", "names are too long, or too many" },
		{ "", '<', XML_DEPTH_MAX + 1, "", "elements lie too deep in each other" },
		{ "<x>", 'y', 10000000, "</x>", NULL },
		{ "<x a='", 'y', XML_TOKEN_MAX / 2, "'/>", NULL },
		{ "<x a='", 'y', 2 * XML_TOKEN_MAX, "'/>", "a tag or a comment is too long" },
		{ "<!--", 'y', 2 * XML_TOKEN_MAX, "--><x/>", "a tag or a comment is too long" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fault fault;
		int r = read_many(rows[i].head, rows[i].part, rows[i].n, rows[i].tail, &fault);

		assert_string_equal(fault.why, rows[i].why ? rows[i].why : "");
		assert_int_equal(r, rows[i].why ? -EBADMSG : 0);
	}
}

/* What is longer than XML_TEXT_MAX is told as too long, and not cut. */
static void test_long_text(void **state)
{
	char text[XML_TEXT_MAX + 16];
	struct told t = { .len = 0 };
	int n;

	(void)state;
	n = snprintf(text, sizeof(text), "<x>%0*d</x>", XML_TEXT_MAX + 1, 0);
	assert_int_equal(read_text(text, (size_t)n, &t, &(struct fault){ 0 }), 0);
	assert_string_equal(t.text, "<x >(long)</x>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told),	  cmocka_unit_test(test_refused),
		cmocka_unit_test(test_stopped),	  cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_long_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
