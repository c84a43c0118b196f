// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "tests/sim/clocks.h"

#define TIMERS 64
#define TICK   1000 /* each look at a clock takes so long: who waits in a loop sees time pass */

struct timer {
	int fd;
	clockid_t clock;
	uint64_t at; /* of its clock; 0: off */
	bool cancels, cancelled;
};

/* What calls these functions has no context to hand them. */
static struct {
	bool known;
	uint64_t boot, asleep;
	int64_t wall; /* CLOCK_REALTIME less CLOCK_BOOTTIME */
	struct timer timers[TIMERS];
	size_t n;
} world;

static uint64_t nanoseconds(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * CLOCKS_SECOND + (uint64_t)t->tv_nsec;
}

static uint64_t real(clockid_t clock)
{
	struct timespec t = { 0 };

	syscall(SYS_clock_gettime, clock, &t);
	return nanoseconds(&t);
}

static void begin(void)
{
	if (world.known)
		return;
	world.known = true;
	world.boot = real(CLOCK_BOOTTIME);
	world.wall = (int64_t)(real(CLOCK_REALTIME) - world.boot);
}

static uint64_t now_of(clockid_t clock)
{
	begin();
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM: return world.boot + (uint64_t)world.wall;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE: return world.boot - world.asleep;
	default: return world.boot;
	}
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	uint64_t now;

	if (clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID)
		return (int)syscall(SYS_clock_gettime, clock, ret);
	now = now_of(clock);
	world.boot += TICK;
	*ret = (struct timespec){ .tv_sec = (time_t)(now / CLOCKS_SECOND),
				  .tv_nsec = (long)(now % CLOCKS_SECOND) };
	return 0;
}

static struct timer *timer_of(int fd)
{
	for (size_t i = 0; i < world.n; i++)
		if (world.timers[i].fd == fd)
			return &world.timers[i];
	return NULL;
}

static bool is_open(const struct timer *t)
{
	struct itimerspec is;

	return syscall(SYS_timerfd_gettime, t->fd, &is) == 0;
}

static void forget_closed(void)
{
	for (size_t i = world.n; i-- > 0;)
		if (!is_open(&world.timers[i]))
			world.timers[i] = world.timers[--world.n];
}

int timerfd_create(int clock, int flags)
{
	int fd = (int)syscall(SYS_timerfd_create, clock, flags);
	struct timer *t;

	if (fd < 0)
		return fd;
	t = timer_of(fd);
	if (!t && world.n == TIMERS)
		forget_closed();
	if (!t && world.n == TIMERS) {
		close(fd);
		errno = EMFILE;
		return -1;
	}
	t = t ? t : &world.timers[world.n++];
	*t = (struct timer){ .fd = fd, .clock = clock };
	return fd;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
	static const struct itimerspec off;
	struct timer *t = timer_of(fd);
	uint64_t at = nanoseconds(&new->it_value);

	/* The kernel's own is off until clocks_fire(), and what it had to tell is void. */
	if (syscall(SYS_timerfd_settime, fd, 0, &off, old) < 0)
		return -1;
	if (!t)
		return 0;
	t->at = at && !(flags & TFD_TIMER_ABSTIME) ? at + now_of(t->clock) : at;
	t->cancels = flags & TFD_TIMER_CANCEL_ON_SET;
	t->cancelled = false;
	return 0;
}

uint64_t clocks_now(void)
{
	return now_of(CLOCK_BOOTTIME);
}

static uint64_t left(const struct timer *t)
{
	uint64_t now = now_of(t->clock);

	if (t->cancelled)
		return 0;
	if (!t->at)
		return UINT64_MAX;
	return t->at > now ? t->at - now : 0;
}

uint64_t clocks_next(void)
{
	uint64_t next = UINT64_MAX;

	forget_closed();
	for (size_t i = 0; i < world.n; i++)
		if (left(&world.timers[i]) < next)
			next = left(&world.timers[i]);
	return next;
}

bool clocks_fire(void)
{
	static const struct itimerspec at_once = { .it_value.tv_nsec = 1 };
	bool fired = false;

	forget_closed();
	for (size_t i = 0; i < world.n; i++) {
		struct timer *t = &world.timers[i];

		if (left(t))
			continue;
		syscall(SYS_timerfd_settime, t->fd, 0, &at_once, NULL);
		t->at = 0;
		t->cancelled = false;
		fired = true;
	}
	return fired;
}

void clocks_pass(uint64_t ns)
{
	begin();
	world.boot += ns;
}

static void cancel_all(void)
{
	for (size_t i = 0; i < world.n; i++)
		world.timers[i].cancelled = world.timers[i].cancels;
}

void clocks_sleep(uint64_t ns)
{
	begin();
	world.boot += ns;
	world.asleep += ns;
	cancel_all();
}

void clocks_set(int64_t by)
{
	begin();
	world.wall += by;
	cancel_all();
}
