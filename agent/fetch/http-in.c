// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "agent/fetch/http-in.h"

#define TOKEN "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

int http_fill(struct http_in *in, struct fault *fault)
{
	ssize_t n;

	if (in->at < in->end)
		return 1;
	n = in->more(in->ctx, in->buf, sizeof(in->buf), fault);
	if (n <= 0)
		return (int)n;
	in->got += (uint64_t)n;
	in->at = 0;
	in->end = (size_t)n;
	return 1;
}

/* The byte, or -errno. */
static int next_byte(struct http_in *in, struct fault *fault)
{
	int r = http_fill(in, fault);

	if (r == 0)
		return fault_set(fault, -ECONNRESET, "the server closed in the middle of its answer");
	return r < 0 ? r : (unsigned char)in->buf[in->at++];
}

static int end_line(struct http_in *in, size_t n, struct fault *fault)
{
	int c = next_byte(in, fault);

	if (c < 0)
		return c;
	if (c != '\n')
		return fault_set(fault, -EPROTO, "carriage return in the middle of a header line");
	in->line[n] = '\0';
	return 0;
}

int http_line(struct http_in *in, size_t max, struct fault *fault)
{
	int c;

	for (size_t n = 0;; in->line[n++] = (char)c) {
		c = next_byte(in, fault);
		if (c < 0)
			return c;
		if (++in->head > HTTP_HEAD_MAX)
			return fault_set(fault, -EPROTO, "the answer's header is larger than %d bytes",
					 HTTP_HEAD_MAX);
		if (c == '\r')
			return end_line(in, n, fault);
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return fault_set(fault, -EPROTO, "byte 0x%02x in the answer's header", c);
		if (n == max)
			return fault_set(fault, -EPROTO, "a header line is longer than %zu bytes", max);
	}
}

int http_field(struct http_in *in, char **name, char **value, struct fault *fault)
{
	size_t n = strspn(in->line, TOKEN), end;

	if (in->line[0] == ' ' || in->line[0] == '\t')
		return fault_set(fault, -EPROTO, "the answer has a folded header line");
	if (n == 0 || in->line[n] != ':')
		return fault_set(fault, -EPROTO,
				 "the answer has a header line that is not \"Name: value\"");
	in->line[n] = '\0';
	*name = in->line;
	*value = in->line + n + 1;
	*value += strspn(*value, " \t");
	for (end = strlen(*value); end && strchr(" \t", (*value)[end - 1]); end--)
		;
	(*value)[end] = '\0';
	return 0;
}
