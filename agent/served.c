// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/peer.h"
#include "agent/served.h"

#define OWN_MAX	 (SERVED_MAX * PEER_TEXT)
#define FILE_MAX 4096

static bool is_same(const struct peer *a, const struct peer *b)
{
	return a->family == b->family && a->port == b->port &&
	       !memcmp(a->addr, b->addr, sizeof(a->addr));
}

void served_read(int dir, const char *file, struct served *s)
{
	_free_ char *text = NULL;
	char *rest, *line;
	size_t len;

	if (io_read(dir, file, FILE_MAX, &text, &len) < 0)
		return;
	for (rest = text; s->n < SERVED_MAX && (line = strsep(&rest, "\n"));)
		s->n += peer_read(line, &s->at[s->n]) == 0;
}

static int keep(int dir, const struct served *s)
{
	char text[OWN_MAX + 1], one[PEER_TEXT];
	size_t len = 0;

	for (size_t i = 0; i < s->n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n",
					peer_text(&s->at[i], one));
	return io_replace(dir, SERVED_FILE, text, len, 0600);
}

int served_note(int dir, struct served *s, const struct peer *p)
{
	const struct peer one = *p;
	size_t i = 0;

	if (s->n && is_same(&s->at[0], p))
		return 0;
	while (i < s->n && !is_same(&s->at[i], p))
		i++;
	if (i == s->n && s->n < SERVED_MAX)
		s->n++;
	if (i == SERVED_MAX)
		i--;
	memmove(&s->at[1], &s->at[0], i * sizeof(s->at[0]));
	s->at[0] = one;
	return keep(dir, s);
}
