// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stands in for libFuzzer: runs a fuzz target over its seeds once, as a test.
 *   fuzz-NAME [FOLDER]    default: $src/tests/fuzz/corpus/NAME
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int replay(int dir, const char *name)
{
	_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	_free_ uint8_t *data = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	/* Not a byte of room to spare, so that the sanitizer sees a read past the end. */
	data = malloc(st.st_size ? (size_t)st.st_size : 1);
	if (!data)
		return -ENOMEM;
	if (read(fd, data, (size_t)st.st_size) != st.st_size)
		return -EIO;
	return LLVMFuzzerTestOneInput(data, (size_t)st.st_size);
}

static int is_seed(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int corpus_open(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	const char *src = getenv("src");
	char path[4096];

	if (argc > 1)
		return open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	name = name ? name + 1 : argv[0];
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", src ? src : ".",
		 name + strlen("fuzz-"));
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int main(int argc, char **argv)
{
	_close_ int dir = corpus_open(argc, argv);
	struct dirent **seeds;
	int n, failed = 0;

	n = dir < 0 ? -1 : scandirat(dir, ".", &seeds, is_seed, alphasort);
	if (n < 1) {
		printf("1..1\nnot ok 1 - no seeds: %s\n", n ? strerror(errno) : "empty folder");
		return 1;
	}
	/* The plan comes first: a target that dies leaves it unfulfilled. */
	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		int r = replay(dir, seeds[i]->d_name);

		printf("%s %d - %s\n", r ? "not ok" : "ok", i + 1, seeds[i]->d_name);
		fflush(stdout);
		failed += r != 0;
		free(seeds[i]);
	}
	free(seeds);
	return failed != 0;
}
