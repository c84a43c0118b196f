// SPDX-License-Identifier: GPL-2.0-or-later
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "agent/base/io.h"
#include "agent/shed.h"

/*
 * Page faults since the last time that make it worth while.  A fault maps code 64 KiB at a time, so
 * an antivirus that is asked costs some twenty of them, a look at everything hundreds.  To give
 * back and map again takes a fraction of a millisecond, which a burst of events should not pay each
 * time.
 */
#define FAULTS_MAX 16
#define PAUSE_MS   1000

static long faults(void)
{
	struct rusage u;

	return getrusage(RUSAGE_SELF, &u) < 0 ? 0 : u.ru_minflt;
}

/* What nobody may write is as it is in its file; relocated data is writable in its header. */
static int drop_code(struct dl_phdr_info *object, size_t size, void *ctx)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)size, (void)ctx;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &object->dlpi_phdr[i];
		uintptr_t from = (object->dlpi_addr + p->p_vaddr) & ~(page - 1);
		uintptr_t to = object->dlpi_addr + p->p_vaddr + p->p_memsz;

		if (p->p_type == PT_LOAD && !(p->p_flags & PF_W))
			madvise((void *)from, to - from, MADV_DONTNEED);
	}
	return 0;
}

void shed_now(void)
{
	malloc_trim(0);
	dl_iterate_phdr(drop_code, NULL);
}

/* The loop calls it behind each event. */
static int on_event(sd_event_source *source, void *userdata)
{
	struct shed *s = userdata;
	uint64_t now = io_boot_ms();

	(void)source;
	if (faults() - s->faults < FAULTS_MAX || (s->at && now < s->at + PAUSE_MS))
		return 0;
	shed_now();
	*s = (struct shed){ .faults = faults(), .at = now };
	return 0;
}

int shed_start(struct sd_event *loop, struct shed *s)
{
	int r = sd_event_add_post(loop, NULL, on_event, s);

	return r < 0 ? r : on_event(NULL, s); /* starting was the largest of all events */
}
