// SPDX-License-Identifier: GPL-2.0-or-later
/* The driver of captive portals, with what it calls played by the test. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/msg.h"
#include "agent/base/wire.h"
#include "agent/daemon.h"
#include "agent/inforce.h"
#include "agent/login.h"
#include "agent/memory.h"
#include "agent/mend.h"
#include "agent/reach.h"
#include "agent/round.h"
#include "agent/seek.h"
#include "agent/trigger/timer.h"
#include "tests/unit/test.h"

static char url[] = "https://policy.example/";
static const struct config config = { .url = url };
static struct policy policy;
static struct portal_past past;
static struct daemon host;
static int fetch = -1; /* the other end of the last question */
static sd_event_time_handler_t due;
static unsigned asked, laid, mended, refreshed;

/* ----- what it calls */

int helper_fetch(const struct helpers *h, struct fault *fault)
{
	int ends[2];

	(void)h, (void)fault;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	drop_fd(&fetch);
	fetch = ends[1];
	asked++;
	return ends[0];
}

int timer_new(sd_event *loop, sd_event_time_handler_t handler, void *ctx, sd_event_source **ret)
{
	due = handler;
	return sd_event_add_time(loop, ret, CLOCK_BOOTTIME, UINT64_MAX, 0, handler, ctx);
}

int timer_arm(sd_event_source *timer, uint64_t seconds)
{
	(void)timer, (void)seconds;
	return 0;
}

/* Another list is another laying, which tells of itself. */
void reach_renew(struct daemon *d)
{
	laid++;
	login_laid(d);
}

void reach_hurry(struct daemon *d)
{
	(void)d;
}

void mend_hurry(struct daemon *d)
{
	(void)d;
	mended++;
}

void inforce_refresh(struct daemon *d)
{
	(void)d;
	refreshed++;
}

void round_keep(struct daemon *d)
{
	(void)d;
}

int seek_start(sd_event *loop, const struct helpers *helpers, const struct name *names, size_t n,
	       const struct seek_handlers *handlers, void *ctx, struct seek **ret,
	       struct fault *fault)
{
	(void)loop, (void)helpers, (void)names, (void)n, (void)handlers, (void)ctx, (void)ret;
	return fault_set(fault, -1, "no resolver here");
}

struct seek *seek_free(struct seek *s)
{
	(void)s;
	return NULL;
}

struct portal_past *memory_portals(struct memory *m)
{
	(void)m;
	return &past;
}

void memory_tell(struct memory *m, enum entry_kind kind, const char *name, int64_t value,
		 const char *fmt, ...)
{
	(void)m, (void)kind, (void)name, (void)value, (void)fmt;
}

/* ----- */

static int set_up(void **state)
{
	(void)state;
	policy = (struct policy){ .mode = MODE_ENFORCE };
	policy.portal = (struct portal_rule){ .lasts = 600,
					      .attempts = 2,
					      .addresses = 2,
					      .ports = { 80 },
					      .n_ports = 1,
					      .n_at = 1 };
	assert_int_equal(web_read("http://detect.example/ok", &policy.portal.probe, NULL), 0);
	policy.portal.at[0] = (struct prefix){ .family = AF_INET, .prefix = 32 };
	inet_pton(AF_INET, "203.0.113.9", policy.portal.at[0].addr);
	past = (struct portal_past){ 0 };
	host = (struct daemon){ .config = &config, .policy = &policy };
	asked = laid = mended = refreshed = 0;
	assert_true(sd_event_new(&host.loop) >= 0);
	return login_new(&host, &host.login);
}

static int tear_down(void **state)
{
	(void)state;
	host.login = login_free(host.login);
	host.loop = sd_event_unref(host.loop);
	drop_fd(&fetch);
	return 0;
}

static void answer(unsigned status, const char *location)
{
	struct fetch_glanced said = { .status = status };
	struct fetch_open open;

	snprintf(said.location, sizeof(said.location), "%s", location);
	assert_int_equal(msg_recv(fetch, &open, sizeof(open), NULL, NULL, 0), 0);
	assert_int_equal(open.flags, FETCH_GLANCE);
	assert_int_equal(msg_send(fetch, &said, sizeof(said), NULL, 0), 0);
	while (sd_event_run(host.loop, 0) > 0)
		;
}

static bool is(const char *state)
{
	json_t *now = login_json(&host);
	bool same = !strcmp(json_string_value(json_object_get(now, "state")), state);

	json_decref(now);
	return same;
}

/* Sealed with the last list of a policy that goes, and nothing new begins by its rule. */
static void test_forget(void **state)
{
	static struct daemon half; /* it did not come up */

	(void)state;
	login_forget(&half);
	login_laid(&host);
	answer(302, "http://10.5.0.2/login");
	assert_true(is("open"));
	assert_int_equal(laid, 1);
	assert_int_equal(asked, 1);
	login_forget(&host);
	assert_true(is("off"));
	assert_int_equal(laid, 2);
	assert_int_equal(asked, 1);
	login_laid(&host); /* of the next one */
	assert_true(is("asking"));
	assert_int_equal(asked, 2);
}

/* A page in place of the probe's: that is opened, and shown by its address. */
static void test_in_place(void **state)
{
	json_t *now;

	(void)state;
	login_laid(&host);
	answer(200, "");
	assert_true(is("open"));
	now = login_json(&host);
	assert_string_equal(json_string_value(json_object_get(now, "page")),
			    "http://203.0.113.9/ok");
	json_decref(now);
	login_forget(&host);

	policy.portal.at[0] = (struct prefix){ .family = AF_INET6, .prefix = 128 };
	inet_pton(AF_INET6, "2001:db8::9", policy.portal.at[0].addr);
	login_laid(&host);
	answer(511, "");
	assert_true(is("open"));
	now = login_json(&host);
	assert_string_equal(json_string_value(json_object_get(now, "page")),
			    "http://[2001:db8::9]/ok");
	json_decref(now);
}

/* Repairs need not wait when a network that kept us in lets us out; no network says nothing new. */
static void test_way_out(void **state)
{
	(void)state;
	login_laid(&host);
	answer(204, "");
	assert_true(is("clear"));
	assert_int_equal(mended + refreshed, 0);
	login_again(&host);
	answer(500, "");
	assert_true(is("unclear"));
	login_moved(&host);
	answer(302, "http://10.5.0.2/login");
	assert_true(is("open"));
	assert_int_equal(mended + refreshed, 0);
	due(NULL, 0, host.login); /* somebody may have logged in */
	answer(204, "");
	assert_true(is("clear"));
	assert_int_equal(mended, 1);
	assert_int_equal(refreshed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_forget, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_in_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_way_out, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("login", tests, NULL, NULL);
}
