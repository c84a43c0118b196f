// SPDX-License-Identifier: GPL-2.0-or-later
#include <link.h>
#include <malloc.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "agent/base/io.h"
#include "agent/shed.h"

/*
 * Page faults since the last time that make it worth while.  A fault maps code 64 KiB at a time: a
 * wake-up for next to nothing costs some ten of them, a look at everything hundreds.  To give back
 * and map again takes a quarter of a millisecond, which a burst of events should not pay each time.
 */
#define FAULTS_MAX 4
#define PAUSE_MS   1000

#define STACK_BYTES (1024 * 1024) /* no look goes deeper */
#define PIECE_BYTES (32 * 1024)

static long faults(void)
{
	struct rusage u;

	return getrusage(RUSAGE_SELF, &u) < 0 ? 0 : u.ru_minflt;
}

static void drop_piece(const struct dl_phdr_info *object, int i)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const ElfW(Phdr) *p = &object->dlpi_phdr[i];
	uintptr_t from = (object->dlpi_addr + p->p_vaddr) & ~(page - 1);
	uintptr_t to = object->dlpi_addr + p->p_vaddr + p->p_memsz;

	madvise((void *)from, to - from, MADV_DONTNEED);
}

/* What nobody may write is as it is in its file; relocated data is writable in its header. */
static int drop_code(struct dl_phdr_info *object, size_t size, void *ctx)
{
	int first = -1;

	(void)size, (void)ctx;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &object->dlpi_phdr[i];

		if (p->p_type != PT_LOAD || p->p_flags & PF_W)
			continue;
		if (first < 0)
			first = i;
		else
			drop_piece(object, i);
	}
	/* The headers are in it: to read them would map it again. */
	if (first >= 0)
		drop_piece(object, first);
	return 0;
}

/* Below where we are it is nobody's, down to where it ends by itself. */
static __attribute__((noinline)) void drop_stack(void)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const uintptr_t to = ((uintptr_t)__builtin_frame_address(0) & ~(page - 1)) - page;

	madvise((void *)(to - STACK_BYTES), STACK_BYTES, MADV_DONTNEED);
}

void shed_now(void)
{
	malloc_trim(0);
	drop_stack();
	dl_iterate_phdr(drop_code, NULL);
}

void shed_begin(void)
{
	mallopt(M_MMAP_THRESHOLD, PIECE_BYTES);
}

/* How many microseconds the loop may sleep. */
static uint64_t shed(struct shed *s)
{
	uint64_t now = io_boot_ms();

	if (faults() - s->faults < FAULTS_MAX || s->busy(s->ctx))
		return UINT64_MAX;
	if (s->at && now < s->at + PAUSE_MS)
		return (s->at + PAUSE_MS - now) * 1000;
	shed_now();
	s->faults = faults();
	s->at = now;
	return UINT64_MAX;
}

/*
 * Long sleeps are in here and not in sd_event_wait(): on the way to its system call are 200 KiB of
 * libsystemd's code, which would stay mapped all the while.
 */
static int rest(struct sd_event *loop, struct shed *s)
{
	struct pollfd ready = { .fd = sd_event_get_fd(loop), .events = POLLIN };
	uint64_t usec = shed(s);

	if (usec == UINT64_MAX) {
		ppoll(&ready, 1, NULL, NULL);
		usec = 0;
	}
	return sd_event_wait(loop, usec);
}

int shed_turn(struct sd_event *loop, struct shed *s)
{
	int r = sd_event_prepare(loop);

	/* Not before: to prepare runs through more code than to wait. */
	if (r == 0)
		r = rest(loop, s);
	return r > 0 ? sd_event_dispatch(loop) : r;
}

int shed_loop(struct sd_event *loop, shed_busy busy, const void *ctx)
{
	struct shed s = { .busy = busy, .ctx = ctx };
	int r = 0, code = 0;

	while (r >= 0 && sd_event_get_state(loop) != SD_EVENT_FINISHED)
		r = shed_turn(loop, &s);
	if (r >= 0)
		r = sd_event_get_exit_code(loop, &code);
	return r < 0 ? r : code;
}
