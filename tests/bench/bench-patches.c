// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The look at pending patches on 2,500 installed packages and a security suite of 5,000, half
 * of them installed and a tenth of those pending; and the same again when nothing has changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "agent/posture/apt.h"
#include "agent/posture/inventory.h"
#include "agent/posture/patches.h"
#include "agent/posture/posture.h"
#include "tests/bench/row.h"
#include "tests/unit/calls.h"
#include "tests/unit/root.h"

#define PACKAGES 2500
#define OFFERS	 5000
#define PENDING	 250
#define LOOKS	 201
#define OS	 "VERSION_CODENAME=bench\n"
#define STEM	 APT_LISTS "/bench_dists_bench-security_"
#define RELEASE \
	"Suite: bench-security\nCodename: bench-security\nDate: Thu, 01 Jan 1970 00:00:00 UTC\n"

static void put_release(const struct root *r)
{
	if (root_put(r, OS_RELEASE, OS, strlen(OS)) < 0 ||
	    root_put(r, STEM "InRelease", RELEASE, strlen(RELEASE)) < 0)
		abort();
}

/* Stanzas as long as real ones are. */
static void put_stanzas(const struct root *r, const char *path, int n, const char *status,
			int newer)
{
	_free_ char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	for (int i = 0; i < n; i++)
		fprintf(f,
			"Package: package%d\n%sPriority: optional\nSection: libs\n"
			"Installed-Size: %d\nMaintainer: Somebody <somebody@invalid>\n"
			"Architecture: amd64\nMulti-Arch: same\nVersion: 1.%d-1+deb12u%d\n"
			"Depends: libc6 (>= 2.34), libother%d (>= 1.0), libthird (= 1.2.3-4)\n"
			"Description: made for measuring\n %0250d\n .\n %0100d\n\n",
			i, status, i, i, i < newer ? 2 : 1, i, i, i);
	fclose(f);
	if (root_put(r, path, text, len) < 0)
		abort();
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct look {
	int root;
	struct patches *patches; /* what is remembered; NULL: nothing, so all is read */
};

static void look(void *ctx)
{
	const struct requirement req = { .check = CHECK_PATCHES,
					 .with.patches = { .index_max_age = 60,
							   .fails_on = PATCHES_FAIL_ON } };
	const struct look *l = ctx;
	const struct host host = { .root = l->root, .patches = l->patches };
	struct finding f;

	look_patches(&req, &host, &f);
	if (f.grade != GRADE_FAIL || f.n_all != PENDING)
		abort();
}

static double look_median(struct look *l)
{
	double ms[LOOKS];

	for (int i = 0; i < LOOKS; i++) {
		double begun = now_ms();

		look(l);
		ms[i] = now_ms() - begun;
	}
	qsort(ms, LOOKS, sizeof(*ms), compare);
	return ms[LOOKS / 2];
}

/* Of the process that only looks: what made the files must not count. */
static void print_look(const struct root *r)
{
	struct look first = { .root = r->fd }, again = { .root = r->fd };
	struct calls calls;
	struct rusage u;
	double ms = look_median(&first);

	getrusage(RUSAGE_SELF, &u);
	printf("patches look, %d packages, %d offered, median\t%.2f\tms\n", PACKAGES, OFFERS, ms);
	printf("patches look, most memory\t%.1f\tMiB\n", (double)u.ru_maxrss / 1024);
	again.patches = patches_new();
	look(&again);
	if (!again.patches || calls_count(look, &again, &calls) < 0)
		abort();
	row_print(&(struct row){ "nothing changed: system calls of a look", "calls", calls.n, "10",
				 2, NULL, 0 });
	row_print(&(struct row){ "nothing changed: files opened or read", "files", calls.opens, "0",
				 2, NULL, 0 });
	row_print(&(struct row){ "nothing changed: a look, beside the first", "ms",
				 look_median(&again), NULL, 2, "first", ms });
	patches_free(again.patches);
}

int main(int argc, char **argv)
{
	struct root r = { .fd = -1 };

	if (argc == 2) {
		r.fd = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
		print_look(&r);
		return 0;
	}
	if (root_open(&r) < 0)
		return 1;
	put_release(&r);
	put_stanzas(&r, DPKG_STATUS, PACKAGES, "Status: install ok installed\n", 0);
	put_stanzas(&r, STEM "main_binary-amd64_Packages", OFFERS, "", PENDING);
	if (!fork()) {
		execl(argv[0], argv[0], r.path, NULL);
		_exit(127);
	}
	wait(NULL);
	root_close(&r);
	return 0;
}
