// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "agent/posture/linewise.h"

/* Moves what is left to the window's beginning and reads more behind it. */
static int fill(struct linewise *l, struct fault *fault)
{
	ssize_t n;

	memmove(l->window, l->window + l->from, l->len);
	l->from = 0;
	if (l->len == LINEWISE_WINDOW - 1)
		return fault_set(fault, -EBADMSG, "a line is too long");
	n = unpack_read(l->in, l->window + l->len, LINEWISE_WINDOW - 1 - l->len, fault);
	if (n < 0)
		return (int)n;
	l->len += (size_t)n;
	l->over = n == 0;
	return 0;
}

int linewise_next(struct linewise *l, char **ret, struct fault *fault)
{
	char *nl;
	size_t n;
	int r;

	for (;;) {
		nl = memchr(l->window + l->from, '\n', l->len);
		if (nl || l->over)
			break;
		r = fill(l, fault);
		if (r < 0)
			return r;
	}
	if (!l->len)
		return 0;
	l->number++;
	*ret = l->window + l->from;
	n = nl ? (size_t)(nl - *ret) : l->len;
	(*ret)[n] = '\0';
	n += nl != NULL;
	l->from += n;
	l->len -= n;
	return 1;
}
