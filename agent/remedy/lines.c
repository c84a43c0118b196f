// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent/remedy/lines.h"

void lines_end(struct lines *l, lines_take take, void *ctx)
{
	if (!l->len)
		return;
	l->text[l->len] = '\0';
	l->len = 0;
	take(ctx, l->text);
}

void lines_feed(struct lines *l, const char *data, size_t n, lines_take take, void *ctx)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c == '\n' || c == '\r')
			lines_end(l, take, ctx);
		else if (l->len < LINE_TEXT_MAX - 1)
			l->text[l->len++] = (c < 0x20 && c != '\t') || c == 0x7f ? '?' : (char)c;
	}
}
