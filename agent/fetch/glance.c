// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/web.h"
#include "agent/fetch/dial.h"
#include "agent/fetch/glance.h"
#include "agent/fetch/http.h"
#include "agent/fetch/talk.h"

static int check(const struct fetch_open *ask, struct web *page, char at[INET6_ADDRSTRLEN],
		 struct fault *fault)
{
	int r = wire_text_ok(ask->base) ? web_read(ask->base, page, fault) : -EINVAL;

	if (r < 0)
		return fault_set(fault, -EINVAL, "the page to look at is malformed");
	if (page->tls || page->text[page->path] != '/')
		return fault_set(fault, -EINVAL, "a page to look at is http://host/path");
	if ((ask->at.family != AF_INET && ask->at.family != AF_INET6) ||
	    !inet_ntop(ask->at.family, ask->at.addr, at, INET6_ADDRSTRLEN))
		return fault_set(fault, -EINVAL, "no address to look at");
	return 0;
}

static int ask_for(const struct web *page, const struct talk *t, struct fault *fault)
{
	char text[TALK_MAX];
	int n = snprintf(text, sizeof(text),
			 "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: lazaret\r\n"
			 "Cache-Control: no-cache\r\nConnection: close\r\n\r\n",
			 page->text + page->path, page->authority);

	return talk_send(t, text, (size_t)n, fault);
}

static int read_head(struct talk *t, struct http_head *head, struct fault *fault)
{
	_free_ struct http_in *in = calloc(1, sizeof(*in));

	if (!in)
		return fault_set(fault, -ENOMEM, "out of memory");
	in->more = talk_more;
	in->ctx = t;
	return http_read_head(in, head, fault);
}

int glance(const struct fetch_open *ask, struct fetch_glanced *ret, struct fault *fault)
{
	char at[INET6_ADDRSTRLEN], port[6];
	struct http_head head;
	struct web page;
	struct talk t;
	_close_ int fd = -1;
	int r = check(ask, &page, at, fault);

	if (r < 0)
		return r;
	snprintf(port, sizeof(port), "%u", page.port);
	t.end = io_boot_ms() + ask->timeout_ms;
	fd = t.fd = dial(at, port, t.end, NULL, fault);
	if (fd < 0)
		return fd;
	r = ask_for(&page, &t, fault);
	if (r == 0)
		r = read_head(&t, &head, fault);
	if (r < 0) {
		fault_prefix(fault, "%s", at);
		return r;
	}
	*ret = (struct fetch_glanced){ .status = head.status };
	memcpy(ret->location, head.location, sizeof(ret->location));
	return 0;
}
