// SPDX-License-Identifier: GPL-2.0-or-later
/* Repositories that other software made: whole they are taken, with a flipped bit they are not. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/json.h"
#include "policy/publisher/trial.h"
#include "tests/unit/test.h"

#define NOW	 1900000000 /* of 2030 */
#define FILE_MAX 65536
#define SEEN_MAX 64

struct lab {
	int dir;
	char seen[SEEN_MAX][200]; /* files that were served */
	size_t n;
	const char *spoil; /* this one is served with a bit flipped */
};

static int fetch(void *ctx, const char *path, size_t max, char **ret, size_t *len,
		 struct fault *fault)
{
	struct lab *l = ctx;
	int r = trial_fetch_folder(&l->dir, path, max, ret, len, fault);

	if (r < 0)
		return r;
	if (!l->spoil && l->n < SEEN_MAX)
		snprintf(l->seen[l->n++], sizeof(*l->seen), "%s", path);
	if (l->spoil && !strcmp(path, l->spoil))
		(*ret)[*len / 3] ^= 1;
	return 0;
}

static json_t *read_names(int dir)
{
	_free_ char *text = NULL;
	json_t *names = json_array();
	size_t len;

	assert_int_equal(io_read(dir, "names", FILE_MAX, &text, &len), 0);
	for (char *name = strtok(text, "\n"); name; name = strtok(NULL, "\n"))
		json_array_append_new(names, json_string(name));
	return names;
}

static int run(struct lab *l, int64_t now, struct fault *fault)
{
	struct trial t = { .fetch = fetch, .ctx = l, .now = now, .targets = read_names(l->dir) };
	struct trial_result result = { 0 };
	int r = trial_root(&t, NULL, fault);

	if (r == 0)
		r = trial_run(&t, true, &result, fault);
	trial_clear(&t);
	json_decref(t.targets);
	return r;
}

static void open_vector(struct lab *l, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.*s/vectors/%s", (int)(strrchr(__FILE__, '/') - __FILE__),
		 __FILE__, name);
	*l = (struct lab){ .dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	assert_true(l->dir >= 0);
}

static void test_mixed(void **state)
{
	struct fault fault = { 0 };
	struct lab l;

	(void)state;
	open_vector(&l, "mixed");
	if (run(&l, NOW, &fault) < 0)
		fail_msg("%s", fault.why);
	assert_true(l.n > 20);
	assert_int_equal(run(&l, 1924992000, NULL), -ESTALE);
	for (size_t i = 0; i < l.n; i++) {
		l.spoil = l.seen[i];
		if (run(&l, NOW, NULL) == 0)
			fail_msg("%s was taken with a bit flipped", l.spoil);
	}
	close(l.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_mixed) };

	return cmocka_run_group_tests_name("vectors", tests, NULL, NULL);
}
