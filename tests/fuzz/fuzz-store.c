// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A store as a damaged disk may give it back: parts of the input, each ended by a line "---",
 * are its files in the order of `files`.  What reads is whole, and what does not is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "policy/floor.h"
#include "policy/server.h"
#include "policy/store.h"
#include "policy/tuf.h"

#define END "\n---\n"
#define NOW 1800000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const folders[] = { "metadata", "targets", "generation-1" };
static const char *const files[] = {
	"generation-1/" STORE_ACCEPTED,
	"generation-1/" STORE_POLICY,
	FLOOR_FILE,
	SERVER_MEMORY,
	"metadata/timestamp.json",
	"metadata/snapshot.json",
	"metadata/targets.json",
};

/* The root is part of what is under test, and last. */
#define ROOT "metadata/root.json"

static void put(int dir, const char *name, const void *data, size_t len)
{
	_close_ int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
}

static void lay(int dir, const uint8_t *data, size_t size)
{
	size_t n = COUNT(files);

	for (size_t i = 0; i < 3; i++)
		if (mkdirat(dir, folders[i], 0700) < 0)
			abort();
	if (symlinkat("generation-1", dir, STORE_CURRENT) < 0)
		abort();
	for (size_t i = 0; i < n; i++) {
		const uint8_t *end = memmem(data, size, END, strlen(END));

		if (!end)
			break;
		put(dir, files[i], data, (size_t)(end - data) + 1);
		size -= (size_t)(end - data) + strlen(END);
		data = end + strlen(END);
	}
	put(dir, ROOT, data, size);
}

static void check_policy(int dir)
{
	struct policy *policy = NULL;
	struct accepted a = { 0 }, again = { 0 };
	struct fault fault = { 0 };
	int r = store_read(dir, &policy, &a, &fault);

	if (r == 0 && (!policy || a.version < 1 || a.expires < 0 ||
		       store_read_accepted(dir, &again, NULL) < 0 || again.version != a.version))
		abort();
	if (r == -EINVAL && !*fault.why)
		abort();
	policy_free(policy);
}

static void check_memory(int dir)
{
	struct server s = { .session = -1, .store = dir };

	server_begin(&s, true, NOW);
	if (s.polite != (*s.etag != '\0') || strlen(s.etag) >= sizeof(s.etag))
		abort();
	server_end(&s, false, NOW);
	if (floor_read(dir) < 0)
		abort();
}

static int fetch(void *ctx, const char *path, size_t max, char **ret, size_t *len,
		 struct fault *fault)
{
	(void)ctx, (void)path, (void)max, (void)ret, (void)len;
	return fault_set(fault, -EIO, "no network");
}

static void check_metadata(int dir)
{
	struct tuf_io io = { &dir, fetch, store_load, store_keep, NOW };
	struct fault fault = { 0 };
	struct tuf *t = NULL;

	if (tuf_open(&io, &t, &fault) < 0) {
		if (!*fault.why)
			abort();
		return;
	}
	if (tuf_refresh(t, NULL) == 0) /* nobody can be asked for a newer root */
		abort();
	tuf_close(t);
}

static void clear(int dir, const char *path)
{
	for (size_t i = 0; i < COUNT(files); i++)
		unlinkat(dir, files[i], 0);
	unlinkat(dir, ROOT, 0);
	unlinkat(dir, STORE_CURRENT, 0);
	for (size_t i = 0; i < 3; i++)
		unlinkat(dir, folders[i], AT_REMOVEDIR);
	if (rmdir(path) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[] = "/dev/shm/fuzz-store.XXXXXX";
	_close_ int dir = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (dir < 0)
		abort();
	lay(dir, data, size);
	check_policy(dir);
	check_memory(dir);
	check_metadata(dir);
	clear(dir, path);
	return 0;
}
