// SPDX-License-Identifier: GPL-2.0-or-later
/* What a camera would see of a QR code: module by module what libqrencode made, and its margin. */
#include <errno.h>
#include <qrencode.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/cli/qr.h"
#include "tests/unit/test.h"

#define MARGIN 4
#define ROOM   200

struct seen {
	bool dark[ROOM][ROOM];
	int wide, high;
};

static int starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) ? 0 : (int)strlen(with);
}

/* One cell: how long it is, and what is dark of it. */
static int read_cell(const char *c, bool *upper, bool *lower)
{
	static const struct {
		const char *text;
		bool upper, lower;
	} cells[] = { { " ", 0, 0 }, { "▀", 1, 0 }, { "▄", 0, 1 }, { "█", 1, 1 } };

	for (size_t i = 0; i < COUNT(cells); i++) {
		int n = starts(c, cells[i].text);

		*upper = cells[i].upper;
		*lower = cells[i].lower;
		if (n)
			return n;
	}
	fail_msg("no cell: %s", c);
	return 0;
}

/* Black on white in every line, and nothing of it left behind. */
static void read_line(struct seen *seen, const char *line)
{
	int x = 0, n = starts(line, "\033[30;107m");

	assert_true(n > 0 && seen->high + 1 < ROOM);
	for (line += n; !starts(line, "\033[0m\n"); x++) {
		assert_true(x < ROOM);
		line += read_cell(line, &seen->dark[seen->high][x], &seen->dark[seen->high + 1][x]);
	}
	assert_true(!seen->high || x == seen->wide);
	seen->wide = x;
	seen->high += 2;
}

static struct seen *show(const char *text, int want)
{
	struct seen *seen = calloc(1, sizeof(*seen));
	char line[4 * ROOM];
	FILE *f = tmpfile();

	assert_int_equal(qr_show(f, text), want);
	rewind(f);
	while (fgets(line, sizeof(line), f))
		read_line(seen, line);
	fclose(f);
	return seen;
}

static void test_each_module(void **state)
{
	static const char *const texts[] = {
		"2DDV-QRZ3-X153-V3H3-9KQM-3F0C-8T6N-WZ2A",
		"1",
		"https://desk.example/release?of=host%2011",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		QRcode *code = QRcode_encodeString(texts[i], 0, QR_ECLEVEL_L, QR_MODE_8, 1);
		struct seen *seen = show(texts[i], 0);
		int side = code->width + 2 * MARGIN;

		assert_int_equal(seen->wide, side);
		assert_int_equal(seen->high, side + side % 2);
		for (int y = 0; y < seen->high; y++)
			for (int x = 0; x < side; x++) {
				int cx = x - MARGIN, cy = y - MARGIN;
				bool in = cx >= 0 && cy >= 0 && cx < code->width &&
					  cy < code->width;

				assert_int_equal(seen->dark[y][x],
						 in && code->data[cy * code->width + cx] & 1);
			}
		free(seen);
		QRcode_free(code);
	}
}

/* A challenge and what is said of it fit on a terminal of 24 lines. */
static void test_a_challenge_fits(void **state)
{
	struct seen *seen = show("2DDV-QRZ3-X153-V3H3-9KQM-3F0C-8T6N-WZ2A", 0);

	(void)state;
	assert_true(seen->high / 2 <= 18 && seen->wide <= 80);
	free(seen);
}

static void test_what_makes_no_code(void **state)
{
	char *huge = calloc(1, 8000);

	(void)state;
	memset(huge, 'x', 7999);
	free(show(huge, -EINVAL));
	free(show("", -EINVAL));
	free(huge);
}

static void test_nowhere_to_show_it(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	setvbuf(full, NULL, _IONBF, 0);
	assert_int_equal(qr_show(full, "1"), -EIO);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_module),
		cmocka_unit_test(test_a_challenge_fits),
		cmocka_unit_test(test_what_makes_no_code),
		cmocka_unit_test(test_nowhere_to_show_it),
	};

	return cmocka_run_group_tests_name("qr", tests, NULL, NULL);
}
