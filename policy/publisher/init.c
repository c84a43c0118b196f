// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/io.h"
#include "agent/base/span.h"
#include "policy/publisher/draft.h"
#include "policy/publisher/ring.h"
#include "policy/publisher/tool.h"

#define THRESHOLD_MAX 9

struct plan {
	unsigned thresholds[ROLE_COUNT];
	uint64_t life;
};

/* ROLE=N */
static int set_threshold(struct plan *plan, const char *text)
{
	for (int role = 0; role < ROLE_COUNT; role++) {
		size_t n = strlen(role_kinds[role].name);

		if (strncmp(text, role_kinds[role].name, n) || text[n] != '=')
			continue;
		if (text[n + 1] < '1' || text[n + 1] > '0' + THRESHOLD_MAX || text[n + 2])
			return -ERANGE;
		plan->thresholds[role] = (unsigned)(text[n + 1] - '0');
		return 0;
	}
	return -EINVAL;
}

static int read_options(int argc, char **argv, struct plan *plan)
{
	static const struct option options[] = {
		{ "threshold", required_argument, NULL, 't' },
		{ "expires", required_argument, NULL, 'e' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 't' && set_threshold(plan, optarg) == 0)
			continue;
		if (c == 'e' && span_parse(optarg, &plan->life) == 0)
			continue;
		if (c == 't')
			fprintf(stderr,
				"--threshold %s: must be ROLE=N, with N from 1 to %d and a ROLE "
				"of root, targets, snapshot, timestamp\n",
				optarg, THRESHOLD_MAX);
		if (c == 'e')
			fprintf(stderr, "--expires %s: not a span like 90d or 12h\n", optarg);
		return -EINVAL;
	}
	return argc - optind == 1 ? 0 : -EINVAL;
}

static int make_root(int dir, const struct plan *plan, struct fault *fault)
{
	_drop_(drop_json) json_t *root = NULL;
	int r;

	r = draft_new(ROLE_ROOT, 1, io_now() + (int64_t)plan->life, &root, fault);
	if (r == 0 && (json_object_set_new(root, "consistent_snapshot", json_true()) < 0 ||
		       json_object_set_new(root, "keys", json_object()) < 0 ||
		       json_object_set_new(root, "roles", json_object()) < 0))
		r = -ENOMEM;
	for (int role = 0; r == 0 && role < ROLE_COUNT; role++)
		r = ring_renew(dir, role, plan->thresholds[role], root, fault);
	return r < 0 ? r : draft_sign(dir, root, ROLE_ROOT, root, NULL, fault);
}

static int make_folders(const char *path, int *ret, struct fault *fault)
{
	static const struct {
		const char *name;
		mode_t mode;
	} folders[] = { { "keys", 0700 }, { "metadata", 0755 }, { "targets", 0755 } };
	_close_ int dir = -1;

	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return fault_set(fault, -errno, "%s: %s", path, strerror(errno));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fault_set(fault, -errno, "%s: %s", path, strerror(errno));
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (mkdirat(dir, folders[i].name, folders[i].mode) < 0)
			return fault_set(fault, -errno, "%s/%s: %s", path, folders[i].name,
					 errno == EEXIST ? "is there already; nothing was changed"
							 : strerror(errno));
	*ret = take_fd(&dir);
	return 0;
}

int init_main(int argc, char **argv)
{
	struct plan plan = { .thresholds = { 1, 1, 1, 1 }, .life = ROOT_LIFE };
	struct fault fault = { 0 };
	_close_ int dir = -1;
	int r;

	if (read_options(argc, argv, &plan) < 0)
		return tool_usage("init");
	r = make_folders(argv[optind], &dir, &fault);
	if (r == 0)
		r = make_root(dir, &plan, &fault);
	if (r < 0) {
		fault_set(&fault, r, "%s", strerror(-r));
		fprintf(stderr, "%s\n", fault.why);
		return 1;
	}
	printf("%s/keys: keep these secret, and the root keys off this machine\n"
	       "%s/metadata/1.root.json: give this to each host as its trusted root\n",
	       argv[optind], argv[optind]);
	return 0;
}
