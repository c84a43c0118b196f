// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/json.h"
#include "policy/publisher/tool.h"

/*
 * Whatever names another file goes out after it: a client between any two steps finds
 * all that is named to it.  Root comes before what new keys signed is announced.
 */
static const struct {
	const char *folder, *end;
} steps[] = {
	{ "targets", ".policy.json" },	  { "metadata", ".targets.json" },
	{ "metadata", ".snapshot.json" }, { "metadata", ".root.json" },
	{ "metadata", "timestamp.json" },
};

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

static int copy(int from, int to, const char *folder, const char *file, struct fault *fault)
{
	_free_ char *name = NULL, *text = NULL, *was = NULL;
	size_t len, was_len;
	int r;

	if (asprintf(&name, "%s/%s", folder, file) < 0) {
		name = NULL;
		return -ENOMEM;
	}
	r = io_read(from, name, JSON_TEXT_BYTES, &text, &len);
	if (r < 0)
		return fault_set(fault, r, "%s: %s", name, strerror(-r));
	if (io_read(to, name, len, &was, &was_len) == 0 && was_len == len &&
	    !memcmp(was, text, len))
		return 0;
	r = io_replace(to, name, text, len, 0644);
	return r < 0 ? fault_set(fault, r, "writing %s: %s", name, strerror(-r)) : 0;
}

static int copy_all(int from, int to, const char *folder, const char *end, struct fault *fault)
{
	int fd = openat(from, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int r = 0;

	if (!d)
		return fault_set(fault, -errno, "%s: %s", folder, strerror(errno));
	while (r == 0 && (e = readdir(d)))
		if (ends_with(e->d_name, end))
			r = copy(from, to, folder, e->d_name, fault);
	closedir(d);
	return r;
}

static int make_folders(int dir, struct fault *fault)
{
	static const char *const folders[] = { "metadata", "targets" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (mkdirat(dir, folders[i], 0755) < 0 && errno != EEXIST)
			return fault_set(fault, -errno, "%s: %s", folders[i], strerror(errno));
	return 0;
}

static int open_dir(const char *path, int *ret, struct fault *fault)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fault_set(fault, -errno, "%s: %s", path, strerror(errno));
	*ret = fd;
	return 0;
}

static int publish(const char *path, const char *out, struct fault *fault)
{
	_close_ int from = -1, to = -1;
	int r;

	if (mkdir(out, 0755) < 0 && errno != EEXIST)
		return fault_set(fault, -errno, "%s: %s", out, strerror(errno));
	r = open_dir(path, &from, fault);
	if (r == 0)
		r = open_dir(out, &to, fault);
	if (r == 0 && faccessat(from, "metadata/timestamp.json", F_OK, 0) < 0)
		r = fault_set(fault, -ENOENT, "%s: nothing is signed yet", path);
	if (r == 0)
		r = make_folders(to, fault);
	for (size_t i = 0; r == 0 && i < sizeof(steps) / sizeof(*steps); i++)
		r = copy_all(from, to, steps[i].folder, steps[i].end, fault);
	return r;
}

int publish_main(int argc, char **argv)
{
	struct fault fault = { 0 };
	int r;

	if (argc != 3)
		return tool_usage("publish");
	r = publish(argv[1], argv[2], &fault);
	if (r < 0) {
		fault_set(&fault, r, "%s", strerror(-r));
		fprintf(stderr, "not published: %s\n", fault.why);
	}
	return r < 0;
}
