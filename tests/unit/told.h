/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A daemon of which no more is there than its client of lazaret-legacy; who answers is the test. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/msg.h"
#include "agent/base/wire.h"
#include "agent/daemon.h"
#include "agent/legacy.h"
#include "agent/round.h"
#include "tests/unit/test.h"

#define MINUTE 60000
#define SEALS  (F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_WRITE)

static struct daemon d;
static struct requirement req;
static struct policy policy = { .requirements = &req, .n_requirements = 1 };
static unsigned asked, rounds;
static int end = -1; /* lazaret-legacy's */
static bool away;

int helper_legacy(const struct helpers *h, struct fault *fault)
{
	int pair[2];

	(void)h;
	if (away)
		return fault_set(fault, -ENOENT, "nobody is there");
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	asked++;
	if (end >= 0)
		close(end);
	end = pair[1];
	return pair[0];
}

void round_look(struct daemon *of, const char *cause)
{
	(void)of, (void)cause;
	rounds++;
}

static void run_loop(void)
{
	while (sd_event_run(d.loop, 0) > 0)
		;
}

static int memory(const char *text, int seals)
{
	int fd = memfd_create("rules", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_int_equal(io_write(fd, text, strlen(text)), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void tell(struct legacy_told told, const char *text, int seals)
{
	_close_ int fd = text ? memory(text, seals) : -1;

	assert_int_equal(msg_send(end, &told, sizeof(told), &fd, fd >= 0), 0);
	run_loop();
}

static void hang_up(void)
{
	close(end);
	end = -1;
	run_loop();
}

/* What was asked before is older than what is asked now. */
static void pass_time(void)
{
	const uint64_t now = io_boot_ms();

	while (io_boot_ms() <= now)
		;
}

static void tell_rules(unsigned ip4, const char *text)
{
	tell((struct legacy_told){ .known = true, .ip4 = ip4, .len = text ? strlen(text) : 0 },
	     text, SEALS);
}

static int begin(void **state)
{
	(void)state;
	memset(&d, 0, sizeof(d));
	req = (struct requirement){ .check = CHECK_FIREWALL };
	asked = rounds = 0;
	away = false;
	d.policy = &policy;
	d.host.legacy = &d.tables.is;
	d.subjects[0].req = &req;
	d.n_subjects = 1;
	return sd_event_new(&d.loop) < 0;
}

static int over(void **state)
{
	(void)state;
	legacy_stop(&d);
	d.loop = sd_event_unref(d.loop);
	return 0;
}
