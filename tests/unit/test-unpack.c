// SPDX-License-Identifier: GPL-2.0-or-later
/* Whole forms of compressed lists, and cut ones. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "agent/base/count.h"
#include "agent/posture/posture.h"
#include "agent/posture/unpack.h"
#include "tests/unit/packed.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

static ssize_t unpack_all(const char *ending, const void *data, size_t len, uint64_t max, char *out,
			  size_t room)
{
	_close_ int fd = memfd_create("packed", MFD_CLOEXEC);
	struct unpack *u = NULL;
	ssize_t n, all = 0;

	assert_int_equal(io_write(fd, data, len), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(unpack_open(fd, ending, max, &u, NULL), 0);
	while ((n = unpack_read(u, out + all, room - (size_t)all, NULL)) > 0)
		all += n;
	if (n == 0)
		assert_int_equal(unpack_total(u), all);
	unpack_close(u);
	return n < 0 ? n : all;
}

/* Whole it is the text twice over; cut anywhere but between its streams it is refused. */
static void test_unpack(void **state)
{
#define FORM(name)                                              \
	{                                                       \
		"." #name, packed_##name, sizeof(packed_##name) \
	}
	static const struct {
		const char *ending;
		const unsigned char *data;
		size_t len;
	} forms[] = {
#ifdef CONFIG_UNPACK_GZIP
		FORM(gz),
#endif
#ifdef CONFIG_UNPACK_XZ
		FORM(xz),  FORM(lzma),
#endif
#ifdef CONFIG_UNPACK_LZ4
		FORM(lz4),
#endif
#ifdef CONFIG_UNPACK_ZSTD
		FORM(zst),
#endif
#ifdef CONFIG_UNPACK_BZIP2
		FORM(bz2),
#endif
	};
	const size_t once = strlen(PACKED_TEXT) * PACKED_TIMES;
	char out[4096];

	(void)state;
	(void)packed_bz2;
	for (size_t i = 0; i < COUNT(forms); i++) {
		const char *e = forms[i].ending;

		assert_int_equal(unpack_all(e, forms[i].data, forms[i].len, 4096, out, 4096),
				 2 * once);
		for (size_t at = 0; at < 2 * once; at += strlen(PACKED_TEXT))
			assert_memory_equal(out + at, PACKED_TEXT, strlen(PACKED_TEXT));
		assert_int_equal(unpack_all(e, forms[i].data, forms[i].len, 2 * once - 1, out,
					    4096),
				 -EFBIG);
		for (size_t len = 1; len < forms[i].len; len++) {
			ssize_t n = unpack_all(e, forms[i].data, len, 4096, out, 4096);

			if (n != -EBADMSG && n != (ssize_t)once)
				fail_msg("%s cut to %zu bytes gave %zd", e, len, n);
		}
		assert_int_equal(unpack_all(e, PACKED_TEXT, strlen(PACKED_TEXT), 4096, out, 4096),
				 -EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unpack),
	};

	return cmocka_run_group_tests_name("unpack", tests, NULL, NULL);
}
