// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <mbedtls/base64.h>
#include <stdio.h>

#include "policy/publisher/pem.h"

#define LINE_CHARS 64

static const char *find_line(const char *text, const char *kind, const char *label)
{
	char line[100];

	snprintf(line, sizeof(line), "-----%s %s-----", kind, label);
	text = strstr(text, line);
	return text && !strcmp(kind, "BEGIN") ? text + strlen(line) : text;
}

int pem_read(const char *text, const char *label, struct blob *ret)
{
	const char *from = find_line(text, "BEGIN", label);
	const char *to = from ? find_line(from, "END", label) : NULL;
	_wipe_ struct blob b = { 0 };
	size_t room;

	if (!from)
		return -ENOENT;
	if (!to)
		return -EINVAL;
	while (from < to && strchr(" \t\r\n", *from))
		from++;
	room = (size_t)(to - from);
	b.data = calloc(1, room + 1);
	if (!b.data)
		return -ENOMEM;
	b.len = room;
	if (mbedtls_base64_decode(b.data, room, &b.len, (const uint8_t *)from, room) || !b.len)
		return -EINVAL;
	*ret = b;
	b = (struct blob){ 0 };
	return 0;
}

static void fold(FILE *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i += LINE_CHARS)
		fprintf(out, "%.*s\n", LINE_CHARS, text + i);
}

int pem_write(const char *label, const struct blob *der, struct blob *ret)
{
	_wipe_ struct blob body = { calloc(1, der->len * 2 + 8), der->len * 2 + 8 };
	_wipe_ struct blob text = { calloc(1, der->len * 2 + 200), der->len * 2 + 200 };
	size_t n = 0;
	FILE *out;

	if (!body.data || !text.data ||
	    mbedtls_base64_encode(body.data, body.len, &n, der->data, der->len))
		return -ENOMEM;
	out = fmemopen(text.data, text.len, "w");
	if (!out)
		return -ENOMEM;
	setvbuf(out, NULL, _IONBF, 0); /* no copy of it stays behind in a buffer */
	fprintf(out, "-----BEGIN %s-----\n", label);
	fold(out, (const char *)body.data, n);
	fprintf(out, "-----END %s-----\n", label);
	fclose(out);
	ret->data = take(text.data);
	ret->len = strlen((const char *)ret->data);
	return 0;
}
