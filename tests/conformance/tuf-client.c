// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tuf-client - policy/tuf.h for the command line of tuf-conformance and for tests; it takes
 * plain HTTP, which no program of the agent does.
 *
 *   tuf-client --metadata-dir D init ROOT
 *   tuf-client --metadata-dir D --metadata-url U refresh
 *   tuf-client --metadata-dir D --metadata-url U --target-dir A --target-base-url B
 *              --target-name T [--target-name T2 ...] download
 *
 * 0, or 1 whatever went wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "policy/tuf.h"
#include "tests/conformance/http.h"

#define ROOT_MAX  512000
#define FILE_MAX  (64 * 1024 * 1024)
#define NAMES_MAX 64

struct client {
	const char *metadata_dir, *metadata_url, *target_dir, *target_url;
	const char *names[NAMES_MAX];
	size_t n_names;
	int metadata, targets; /* the folders */
};

/* "metadata/X" and "targets/X" are X below the one address or the other. */
static int fetch(void *ctx, const char *path, size_t max, char **ret, size_t *len,
		 struct fault *fault)
{
	const struct client *c = ctx;
	const char *rest = strchr(path, '/') + 1;
	const char *base = path[0] == 'm' ? c->metadata_url : c->target_url;
	_free_ char *url = NULL;

	if (asprintf(&url, "%s%s%s", base, base[strlen(base) - 1] == '/' ? "" : "/", rest) < 0) {
		url = NULL;
		return -ENOMEM;
	}
	return http_get(url, max, ret, len, fault);
}

static int folder_of(const struct client *c, const char **name)
{
	const char *slash = strchr(*name, '/');

	if (!slash)
		return c->metadata;
	*name = slash + 1;
	return c->targets;
}

static int load(void *ctx, const char *name, char **ret, size_t *len)
{
	int dir = folder_of(ctx, &name);

	return io_read(dir, name, FILE_MAX, ret, len);
}

static int keep(void *ctx, const char *name, const char *data, size_t len)
{
	int dir = folder_of(ctx, &name);

	return io_replace(dir, name, data, len, 0644);
}

static int open_folder(const char *path)
{
	int fd;

	if (!path || (mkdir(path, 0755) < 0 && errno != EEXIST))
		return path ? -errno : -EINVAL;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int init(struct client *c, const char *root, struct fault *fault)
{
	_free_ char *text = NULL;
	size_t len;
	int r;

	r = io_read(AT_FDCWD, root, ROOT_MAX, &text, &len);
	if (r == 0)
		r = keep(c, "root.json", text, len);
	return r < 0 ? fault_set(fault, r, "%s: %s", root, strerror(-r)) : 0;
}

static int download(struct client *c, struct tuf *t, struct fault *fault)
{
	for (size_t i = 0; i < c->n_names; i++) {
		_free_ char *text = NULL;
		size_t len;
		int r = tuf_target(t, c->names[i], &text, &len, fault);

		if (r < 0)
			return r;
	}
	return 0;
}

static int refresh(struct client *c, struct fault *fault)
{
	struct tuf_io io = { c, fetch, load, keep, io_now() };
	struct tuf *t = NULL;
	int r;

	r = tuf_open(&io, &t, fault);
	if (r == 0)
		r = tuf_refresh(t, fault);
	if (r == 0)
		r = download(c, t, fault);
	tuf_close(t);
	return r;
}

static int run(struct client *c, char **words, struct fault *fault)
{
	c->metadata = open_folder(c->metadata_dir);
	if (c->metadata < 0)
		return fault_set(fault, c->metadata, "--metadata-dir: %s", strerror(-c->metadata));
	if (words[0] && words[1] && !words[2] && !strcmp(words[0], "init"))
		return init(c, words[1], fault);
	if (!words[0] || words[1] || !c->metadata_url || !*c->metadata_url)
		return fault_set(fault, -EINVAL, "wants init ROOT, refresh or download");
	if (!strcmp(words[0], "refresh")) {
		c->n_names = 0;
		return refresh(c, fault);
	}
	if (strcmp(words[0], "download") != 0 || !c->n_names || !c->target_url || !*c->target_url)
		return fault_set(fault, -EINVAL, "download wants names and --target-base-url");
	c->targets = open_folder(c->target_dir);
	if (c->targets < 0)
		return fault_set(fault, c->targets, "--target-dir: %s", strerror(-c->targets));
	return refresh(c, fault);
}

static bool take_options(struct client *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "metadata-dir", required_argument, NULL, 'd' },
		{ "metadata-url", required_argument, NULL, 'u' },
		{ "target-dir", required_argument, NULL, 'a' },
		{ "target-base-url", required_argument, NULL, 'b' },
		{ "target-name", required_argument, NULL, 'n' },
		{ 0 },
	};
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) >= 0)
		switch (o) {
		case 'd': c->metadata_dir = optarg; break;
		case 'u': c->metadata_url = optarg; break;
		case 'a': c->target_dir = optarg; break;
		case 'b': c->target_url = optarg; break;
		case 'n':
			if (c->n_names == NAMES_MAX)
				return false;
			c->names[c->n_names++] = optarg;
			break;
		default: return false;
		}
	return true;
}

int main(int argc, char **argv)
{
	struct client c = { .metadata = -1, .targets = -1 };
	struct fault fault = { 0 };
	int r;

	r = take_options(&c, argc, argv) ? run(&c, argv + optind, &fault) : -EINVAL;
	if (r < 0) {
		fault_set(&fault, r, "%s", strerror(-r));
		log_err("%s", fault.why);
	}
	drop_fd(&c.metadata);
	drop_fd(&c.targets);
	return r < 0;
}
