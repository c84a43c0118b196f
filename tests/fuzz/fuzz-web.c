// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a stranger's answer may send us, and what comes of it: whatever it is, what is shown is
 * plain, and what is opened is within the policy's bounds.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/portal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct peer company = {
	.family = AF_INET, .proto = IPPROTO_TCP, .prefix = 8, .port = 443, .addr = { 10 }
};

static void check_page(const struct web *w)
{
	struct web again;

	for (const char *p = w->text; *p; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"<>\\^`{|}#", *p))
			abort();
	if (!w->port || w->path > strlen(w->text) || (*w->host.text != 0) == (w->at.family != 0))
		abort();
	if (web_read(w->text, &again, NULL) < 0 || memcmp(&again, w, sizeof(again)))
		abort();
}

static void check_open(const struct portal *p, const struct portal_rule *rule)
{
	if (p->n_open > (size_t)rule->addresses * rule->n_ports)
		abort();
	for (size_t i = 0; i < p->n_open; i++) {
		const struct peer *o = &p->open[i];

		if (o->proto != IPPROTO_TCP || o->port != 80 || o->prefix != family_bits(o->family))
			abort();
		if (o->family == AF_INET && (o->addr[0] == 10 || o->addr[0] == 127))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct portal_rule rule = {
		.lasts = 60, .attempts = 1, .addresses = 1, .ports = { 80 }, .n_ports = 1
	};
	struct allow allow = { .out = &company, .n_out = 1 };
	struct portal_past past = { 0 };
	struct portal portal = { .due = UINT64_MAX };
	const struct portal_world world = { &rule, &allow, &past, 1000, 1900000000 };
	struct web page;
	struct portal_news news = { .page = &page, .found = &page.at, .n_found = 1, .why = "" };
	char *text = calloc(len + 1, 1);

	if (!text)
		return 0;
	if (len)
		memcpy(text, data, len);
	if (web_read(text, &page, NULL) == 0) {
		check_page(&page);
		portal_on(&portal, PORTAL_BEGIN, &news, &world);
		portal_on(&portal, PORTAL_REDIRECT, &news, &world);
		check_open(&portal, &rule);
	}
	free(text);
	return 0;
}
