/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A portal, a clock, and what happens to them. */
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/portal.h"
#include "tests/unit/test.h"

#define BOOT  1000
#define NOW   1900000000
#define LASTS 600

static struct portal_rule rule;
static struct portal_past past;
static struct peer company;
static struct allow list;
static struct portal portal;
static uint64_t boot;
static int64_t now;

static struct prefix at(const char *text, uint8_t bits)
{
	struct prefix p = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	assert_int_equal(inet_pton(p.family, text, p.addr), 1);
	p.prefix = bits ? bits : (uint8_t)family_bits(p.family);
	return p;
}

static int set_up(void **state)
{
	(void)state;
	rule = (struct portal_rule){
		.lasts = LASTS, .attempts = 2, .addresses = 2, .ports = { 80, 443 }, .n_ports = 2
	};
	rule.never[rule.n_never++] = at("10.6.0.0", 16);
	assert_int_equal(web_read("http://detect.example/ok", &rule.probe, NULL), 0);
	rule.at[rule.n_at++] = at("192.0.2.10", 0);
	company = (struct peer){ .family = AF_INET,
				 .proto = IPPROTO_TCP,
				 .prefix = 24,
				 .port = 443,
				 .addr = { 198, 51, 100 } };
	list = (struct allow){ .out = &company, .n_out = 1 };
	past = (struct portal_past){ 0 };
	portal = (struct portal){ .due = UINT64_MAX };
	boot = BOOT;
	now = NOW;
	return 0;
}

static void pass(uint64_t seconds)
{
	boot += seconds;
	now += (int64_t)seconds;
}

static enum portal_deed on(enum portal_event event, const struct portal_news *news)
{
	const struct portal_world w = { &rule, &list, &past, boot, now };

	return portal_on(&portal, event, news, &w);
}

static enum portal_deed happens(enum portal_event event)
{
	static const struct portal_news nothing = { .why = "so it is" };

	return on(event, &nothing);
}

static enum portal_deed redirected(const char *url)
{
	struct web page;
	const struct portal_news news = { .page = &page };

	assert_int_equal(web_read(url, &page, NULL), 0);
	return on(PORTAL_REDIRECT, &news);
}

static enum portal_deed found(const char *first, const char *second)
{
	struct prefix all[2] = { at(first, 0), at(second ? second : first, 0) };

	return on(PORTAL_FOUND, &(struct portal_news){ .found = all, .n_found = second ? 2 : 1 });
}

#define URL  "http://portal.hotel.example/login"
#define HERE "http://192.0.2.10/ok"

/* Brings a fresh machine into the state. */
static void be_in(enum portal_state state)
{
	set_up(NULL);
	if (state == PORTAL_OFF)
		return;
	happens(PORTAL_BEGIN);
	if (state == PORTAL_CLEAR)
		happens(PORTAL_EXPECTED);
	if (state == PORTAL_UNCLEAR)
		happens(PORTAL_FAILED);
	if (state == PORTAL_NAMING || state == PORTAL_OPEN || state == PORTAL_BARRED)
		redirected(URL);
	if (state == PORTAL_OPEN || state == PORTAL_BARRED)
		found("10.5.0.2", NULL);
	if (state == PORTAL_BARRED) {
		pass(LASTS);
		happens(PORTAL_TICK);
	}
	if (state == PORTAL_UNCLEAR || state == PORTAL_BARRED || state == PORTAL_OPEN) {
		pass(portal.due - boot);
		happens(PORTAL_TICK); /* each of them asks again */
	}
	assert_int_equal(portal.state, state);
}
