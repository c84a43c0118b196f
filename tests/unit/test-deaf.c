// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory that is lacking once makes no source of events deaf; another fault of one ends the loop.
 * And where the host is comes before all else.
 */
#include <errno.h>
#include <limits.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "agent/base/count.h"
#include "agent/trigger/nftables.h"
#include "netfilter/watch.h"
#include "tests/unit/netns.h"
#include "tests/unit/unheard.h"

static int fault;	 /* of the next call that is wrapped; 0: none */
static unsigned told[2]; /* at once, and when the burst was over */

ssize_t __real_recv(int fd, void *buf, size_t n, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t n, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t n, int flags)
{
	if (!fault)
		return __real_recv(fd, buf, n, flags);
	errno = fault;
	fault = 0;
	return -1;
}

int __real_watch_take(int fd, struct watch *w);
int __wrap_watch_take(int fd, struct watch *w);
int __wrap_watch_take(int fd, struct watch *w)
{
	const int err = fault;

	fault = 0;
	return err ? -err : __real_watch_take(fd, w);
}

static bool no_timer;

int __real_sd_event_source_set_enabled(sd_event_source *s, int how);
int __wrap_sd_event_source_set_enabled(sd_event_source *s, int how);
int __wrap_sd_event_source_set_enabled(sd_event_source *s, int how)
{
	return no_timer ? -ENOMEM : __real_sd_event_source_set_enabled(s, how);
}

static void on_linked(void *ctx)
{
	(void)ctx;
	told[0]++;
}

static void on_tampered(void *ctx, const struct watch *seen)
{
	(void)ctx;
	told[0] += seen->what != 0;
}

static void on_changed(void *ctx)
{
	(void)ctx;
	told[1]++;
}

static const struct rtnl_handlers links = { on_linked, unheard_moved, unheard_carrier,
					    unheard_answered, on_changed };
static const struct nftables_handlers rules = { on_tampered, on_changed };

/* One event of a source, until it is told, or the loop ends. */
static void hear(sd_event *loop, const char *event, const unsigned *heard)
{
	told[0] = told[1] = 0;
	assert_int_equal(system(event), 0);
	while (!*heard && sd_event_run(loop, 2000000) > 0)
		;
}

static void test_links(void **state)
{
	static const char event[] = "ip link set lo up && ip link set lo down";
	static const int faults[] = { ENOMEM, ENOBUFS, EINTR };
	struct rtnl *r;
	sd_event *loop;

	(void)state;
	assert_true(sd_event_new(&loop) >= 0);
	assert_int_equal(rtnl_new(loop, &links, NULL, &r), 0);
	for (size_t i = 0; i < COUNT(faults); i++) {
		fault = faults[i];
		hear(loop, event, &told[1]);
		assert_true(told[0] && told[1]);
	}
	no_timer = true;
	hear(loop, event, &told[1]);
	assert_true(told[0] && told[1]);
	no_timer = false;
	hear(loop, event, &told[1]);
	assert_true(told[0] && told[1]);
	fault = EIO;
	hear(loop, event, &(unsigned){ 0 });
	assert_int_equal(sd_event_get_state(loop), SD_EVENT_FINISHED);
	rtnl_free(r);
	sd_event_unref(loop);
}

static void test_rules(void **state)
{
	static const char event[] = "nft 'table inet x { }; delete table inet x'";
	struct nftables *n;
	struct nft nft;
	sd_event *loop;

	(void)state;
	assert_int_equal(nft_open(&nft, NULL), 0);
	assert_true(sd_event_new(&loop) >= 0);
	assert_int_equal(nftables_new(loop, &nft, &rules, NULL, &n), 0);
	fault = EINTR;
	hear(loop, event, &told[1]);
	assert_true(!told[0] && told[1]);
	no_timer = true; /* nor does it wait for the next burst's turn */
	hear(loop, event, &told[1]);
	assert_true(!told[0] && told[1]);
	no_timer = false;
	fault = ENOMEM;
	hear(loop, event, &told[0]); /* it may have been ours */
	assert_true(told[0]);
	fault = EIO;
	hear(loop, event, &(unsigned){ 0 });
	assert_int_equal(sd_event_get_state(loop), SD_EVENT_FINISHED);
	nftables_free(n);
	sd_event_unref(loop);
	nft_close(&nft);
}

static int on_other(sd_event_source *s, void *userdata)
{
	(void)s;
	*(unsigned *)userdata = told[0];
	return 0;
}

static void test_links_first(void **state)
{
	unsigned before = UINT_MAX;
	sd_event_source *other;
	struct rtnl *r;
	sd_event *loop;

	(void)state;
	assert_true(sd_event_new(&loop) >= 0);
	assert_int_equal(rtnl_new(loop, &links, NULL, &r), 0);
	assert_true(sd_event_add_defer(loop, &other, on_other, &before) >= 0);
	hear(loop, "ip link set lo up && ip link set lo down", &told[1]);
	while (before == UINT_MAX)
		assert_true(sd_event_run(loop, 0) > 0);
	assert_true(before > 0);
	sd_event_source_unref(other);
	rtnl_free(r);
	sd_event_unref(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_links_first),
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests_name("deaf", tests, enter_netns, NULL);
}
