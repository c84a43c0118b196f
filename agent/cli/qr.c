// SPDX-License-Identifier: GPL-2.0-or-later
#include <dlfcn.h>
#include <errno.h>
#include <qrencode.h>
#include <stdbool.h>

#include "agent/cli/qr.h"

#define LIBRARY "libqrencode.so.4"
#define MARGIN	4 /* modules on each side (ISO/IEC 18004, 6.3.8) */

#define BLACK_ON_WHITE "\033[30;107m"
#define AS_BEFORE      "\033[0m"

/* Upper half, then lower half: a module that is dark is drawn, the others are background. */
static const char *const halves[2][2] = { { " ", "▄" }, { "▀", "█" } };

static bool is_dark(const QRcode *code, int x, int y)
{
	x -= MARGIN;
	y -= MARGIN;
	return x >= 0 && y >= 0 && x < code->width && y < code->width &&
	       code->data[y * code->width + x] & 1;
}

static void put_code(FILE *out, const QRcode *code)
{
	const int side = code->width + 2 * MARGIN;

	for (int y = 0; y < side; y += 2) {
		fputs(BLACK_ON_WHITE, out);
		for (int x = 0; x < side; x++)
			fputs(halves[is_dark(code, x, y)][is_dark(code, x, y + 1)], out);
		fputs(AS_BEFORE "\n", out);
	}
}

int qr_show(FILE *out, const char *text)
{
	void *lib = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	__typeof__(&QRcode_encodeString) encode = lib ? dlsym(lib, "QRcode_encodeString") : NULL;
	__typeof__(&QRcode_free) done = lib ? dlsym(lib, "QRcode_free") : NULL;
	QRcode *code;
	int r = -ELIBACC;

	if (encode && done) {
		code = encode(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
		if (code)
			put_code(out, code);
		r = !code ? -EINVAL : ferror(out) ? -EIO : 0;
		done(code);
	}
	if (lib)
		dlclose(lib);
	return r;
}
