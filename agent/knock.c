// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include "agent/base/cleanup.h"
#include "agent/base/msg.h"
#include "agent/base/wire.h"
#include "agent/knock.h"

#define GLANCE_MS 5000 /* a portal is near */

static void ask_next(struct knock *k);

/* A page, which is to be shown to whoever asks for anything (511: RFC 6585, section 6). */
static bool is_page(unsigned status)
{
	return status == 200 || status == 511;
}

/* The probe's page at the address that has just answered. */
static int page_here(const struct knock *k, struct web *ret)
{
	const struct portal_rule *rule = k->rule;
	const struct prefix *at = &rule->at[k->next - 1];
	const char *path = rule->probe.text + rule->probe.path;
	bool six = at->family == AF_INET6;
	char host[INET6_ADDRSTRLEN], port[8] = "", text[WEB_TEXT_MAX];

	inet_ntop(at->family, at->addr, host, sizeof(host));
	if (rule->probe.port != 80)
		snprintf(port, sizeof(port), ":%u", rule->probe.port);
	snprintf(text, sizeof(text), "http://%s%s%s%s%.*s", six ? "[" : "", host, six ? "]" : "",
		 port, WIRE_URL_MAX, path);
	return web_read(text, ret, NULL);
}

/* Whatever answers may be anybody, and what it says is no more than a hint where to log in. */
static void take_answer(struct knock *k, const struct fetch_glanced *seen)
{
	char why[PORTAL_WHY];
	struct portal_news news = { .why = why };
	struct fault fault = { 0 };
	struct web page;

	if (seen->status == 204) {
		k->told(k->ctx, PORTAL_EXPECTED, &news);
		return;
	}
	if (*seen->location && web_read(seen->location, &page, &fault) == 0) {
		news.page = &page;
		k->told(k->ctx, PORTAL_REDIRECT, &news);
		return;
	}
	if (!*seen->location && is_page(seen->status) && page_here(k, &page) == 0) {
		news.page = &page;
		k->told(k->ctx, PORTAL_IN_PLACE, &news);
		return;
	}
	snprintf(why, sizeof(why),
		 "something answers in place of the probe (%u); where it %s %.50s", seen->status,
		 *fault.why ? "sends us" : "would have us log in is not said", fault.why);
	k->told(k->ctx, PORTAL_STRANGE, &news);
}

static int on_answer(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct knock *k = userdata;
	struct fetch_glanced seen;
	int r = msg_recv(fd, &seen, sizeof(seen), NULL, NULL, 0);

	(void)s, (void)revents;
	if (r == 0 && (!wire_text_ok(seen.why) || !wire_text_ok(seen.location) || seen.err > 0))
		r = -EPROTO;
	if (r < 0)
		seen = (struct fetch_glanced){ .err = r, .why = "lazaret-fetch gave no answer" };
	k->answer = sd_event_source_disable_unref(k->answer);
	if (seen.err == 0) {
		take_answer(k, &seen);
		return 0;
	}
	if (!*k->why)
		snprintf(k->why, sizeof(k->why), "%.150s", seen.why);
	ask_next(k);
	return 0;
}

static int ask_at(struct knock *k, const struct prefix *at, struct fault *fault)
{
	struct fetch_open ask = { .flags = FETCH_GLANCE,
				  .timeout_ms = GLANCE_MS,
				  .at.family = at->family };
	_close_ int fd = helper_fetch(k->helpers, fault);
	int r;

	if (fd < 0)
		return fd;
	snprintf(ask.base, sizeof(ask.base), "%.*s", WIRE_URL_MAX - 1, k->rule->probe.text);
	memcpy(ask.at.addr, at->addr, sizeof(ask.at.addr));
	r = msg_send(fd, &ask, sizeof(ask), NULL, 0);
	if (r == 0)
		r = sd_event_add_io(k->loop, &k->answer, fd, EPOLLIN, on_answer, k);
	if (r < 0)
		return r;
	sd_event_source_set_io_fd_own(k->answer, true);
	take_fd(&fd);
	return 0;
}

/* One address after the other, until somebody answers. */
static void ask_next(struct knock *k)
{
	const struct portal_rule *rule = k->rule;
	const struct portal_news news = { .why = k->why };

	while (k->next < rule->n_at) {
		struct fault fault = { 0 };
		int r = ask_at(k, &rule->at[k->next++], &fault);

		if (r == 0)
			return;
		if (!*k->why)
			snprintf(k->why, sizeof(k->why), "%.150s",
				 *fault.why ? fault.why : strerror(-r));
	}
	k->told(k->ctx, PORTAL_FAILED, &news);
}

void knock(struct knock *k, const struct portal_rule *rule)
{
	knock_end(k);
	k->rule = rule;
	k->next = 0;
	k->why[0] = '\0';
	ask_next(k);
}

void knock_end(struct knock *k)
{
	k->answer = sd_event_source_disable_unref(k->answer);
}
