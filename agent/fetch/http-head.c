// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/fetch/http-in.h"

#define DIGITS "0123456789"

/* A head while it is being read: what was seen decides at the end about the framing. */
struct reading {
	struct http_head head;
	bool http10, length, chunked, etag, location;
};

static int on_length(struct reading *h, char *value, struct fault *fault)
{
	size_t n = strlen(value);

	if (h->length)
		return fault_set(fault, -EPROTO, "the answer has Content-Length twice");
	/* 18 digits always fit; nobody sends a longer file. */
	if (n == 0 || n > 18 || value[strspn(value, DIGITS)])
		return fault_set(fault, -EPROTO, "Content-Length is not a size: %.40s", value);
	h->length = true;
	for (; *value; value++)
		h->head.length = h->head.length * 10 + (uint64_t)(*value - '0');
	return 0;
}

static int on_transfer(struct reading *h, char *value, struct fault *fault)
{
	if (h->chunked)
		return fault_set(fault, -EPROTO, "the answer has Transfer-Encoding twice");
	if (strcasecmp(value, "chunked"))
		return fault_set(fault, -EPROTO, "Transfer-Encoding is not chunked: %.40s", value);
	h->chunked = true;
	return 0;
}

static int on_connection(struct reading *h, char *value, struct fault *fault)
{
	char *rest = value, *word;

	(void)fault;
	while ((word = strsep(&rest, ", \t")))
		if (!strcasecmp(word, "close"))
			h->head.keep = false;
	return 0;
}

static int on_encoding(struct reading *h, char *value, struct fault *fault)
{
	(void)fault;
	if (*value && strcasecmp(value, "identity"))
		h->head.encoded = true;
	return 0;
}

static int on_etag(struct reading *h, char *value, struct fault *fault)
{
	if (h->etag || !http_etag_ok(value))
		return fault_set(fault, -EPROTO, "the answer's ETag is %s: %.60s",
				 h->etag ? "there twice" : "malformed", value);
	h->etag = true;
	/* One that does not fit is done without: the next poll then gets the whole file. */
	if (strlen(value) < sizeof(h->head.etag))
		snprintf(h->head.etag, sizeof(h->head.etag), "%s", value);
	return 0;
}

/* RFC 9110 section 10.2.2.  Nobody here follows it, so what is odd about it is no fault. */
static int on_location(struct reading *h, char *value, struct fault *fault)
{
	bool keeps = !h->location && strlen(value) < sizeof(h->head.location);

	(void)fault;
	snprintf(h->head.location, sizeof(h->head.location), "%s", keeps ? value : "");
	h->location = true;
	return 0;
}

/* RFC 9110 section 10.2.3.  Only advice, so what is malformed is no fault. */
static int on_retry(struct reading *h, char *value, struct fault *fault)
{
	size_t n = strspn(value, DIGITS);
	struct tm tm = { 0 };
	const char *end;
	int64_t at;

	(void)fault;
	if (n && !value[n]) {
		h->head.retry_after = n > 9 ? 999999999 : (uint32_t)atol(value);
		return 0;
	}
	end = strptime(value, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	at = end && !*end ? timegm(&tm) - io_now() : 0;
	h->head.retry_after = at > 999999999 ? 999999999 : at > 0 ? (uint32_t)at : 0;
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct reading *h, char *value, struct fault *fault);
} fields[] = {
	{ "Content-Length", on_length },
	{ "Transfer-Encoding", on_transfer },
	{ "Connection", on_connection },
	{ "Content-Encoding", on_encoding },
	{ "ETag", on_etag },
	{ "Retry-After", on_retry },
	{ "Location", on_location },
};

bool http_etag_ok(const char *text)
{
	if (!strncmp(text, "W/", 2))
		text += 2;
	if (*text++ != '"')
		return false;
	for (; *text && *text != '"'; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return text[0] == '"' && text[1] == '\0';
}

/* HTTP/1.1 200 OK */
static int read_status(struct http_in *in, struct reading *h, struct fault *fault)
{
	const char *p = in->line;
	int r = http_line(in, HTTP_LINE_MAX, fault);

	if (r < 0)
		return r;
	if (strncmp(p, "HTTP/1.1 ", 9) && strncmp(p, "HTTP/1.0 ", 9))
		return fault_set(fault, -EPROTO, "the answer is not HTTP/1.1: %.40s", p);
	h->http10 = p[7] == '0';
	h->head.keep = !h->http10;
	p += 9;
	if (strspn(p, DIGITS) != 3 || p[0] < '1' || p[0] > '5' || (p[3] && p[3] != ' '))
		return fault_set(fault, -EPROTO, "the answer has no HTTP status: %.40s", p);
	h->head.status = (unsigned)((p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0'));
	return 0;
}

static int read_fields(struct http_in *in, struct reading *h, struct fault *fault)
{
	for (unsigned n = 0;; n++) {
		char *name, *value;
		int r = http_line(in, HTTP_LINE_MAX, fault);

		if (r < 0 || !in->line[0])
			return r;
		if (n == HTTP_FIELDS_MAX)
			return fault_set(fault, -EPROTO, "the answer has more than %d header lines",
					 HTTP_FIELDS_MAX);
		r = http_field(in, &name, &value, fault);
		for (size_t i = 0; r == 0 && i < COUNT(fields); i++)
			if (!strcasecmp(name, fields[i].name))
				r = fields[i].take(h, value, fault);
		if (r < 0)
			return r;
	}
}

/* RFC 9112 section 6.3, with every doubtful case refused. */
static int decide_framing(struct reading *h, struct fault *fault)
{
	struct http_head *head = &h->head;

	if (h->length && h->chunked)
		return fault_set(fault, -EPROTO,
				 "the answer has both Content-Length and Transfer-Encoding");
	if (h->http10 && h->chunked)
		return fault_set(fault, -EPROTO, "Transfer-Encoding in an HTTP/1.0 answer");
	if (head->status < 200 || head->status == 204 || head->status == 304) {
		head->framing = HTTP_NO_BODY;
	} else if (h->chunked) {
		head->framing = HTTP_CHUNKED;
	} else if (h->length) {
		head->framing = HTTP_LENGTH;
	} else {
		head->framing = HTTP_TO_END;
		head->keep = false;
	}
	return 0;
}

int http_read_head(struct http_in *in, struct http_head *ret, struct fault *fault)
{
	for (unsigned n = 0; n <= HTTP_INTERIM_MAX; n++) {
		struct reading h = { 0 };
		int r = read_status(in, &h, fault);

		if (r == 0)
			r = read_fields(in, &h, fault);
		if (r == 0)
			r = decide_framing(&h, fault);
		if (r < 0)
			return r;
		if (h.head.status == 101)
			return fault_set(fault, -EPROTO, "the server wants to switch protocols");
		if (h.head.status >= 200) {
			*ret = h.head;
			return 0;
		}
	}
	return fault_set(fault, -EPROTO, "more than %d interim answers", HTTP_INTERIM_MAX);
}
