// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/io.h"
#include "policy/json.h"
#include "policy/stamp.h"
#include "tests/unit/repo.h"
#include "tests/unit/sigstore.h"
#include "tests/unit/test.h"

#define FILE_MAX 1000000
#define SEED	 20260825

const char *const sigstore_targets[N_TARGETS] = {
	"artifact.pub",
	"ctfe.pub",
	"ctfe_2022.pub",
	"fulcio.crt.pem",
	"fulcio_intermediate_v1.crt.pem",
	"fulcio_v1.crt.pem",
	"rekor.pub",
	"signing_config.json",
	"signing_config.v0.2.json",
	"signing_config_rekor_v2.v0.2.json",
	"trusted_root.json",
	"registry.npmjs.org/keys.json",
};

const char *const sigstore_others[N_OTHERS] = {
	"timestamp.json",
	"165.snapshot.json",
	"14.targets.json",
	"8.registry.npmjs.org.json",
};

void sigstore_load(struct shelf *s, const char *name, const char *as)
{
	char path[PATH_MAX] = __FILE__, *text;
	size_t len;

	sprintf(strrchr(path, '/') + 1, "data/sigstore/%s", name);
	if (io_read(AT_FDCWD, path, FILE_MAX, &text, &len) < 0)
		fail_msg("%s cannot be read", path);
	shelf_put(s, as, text, len);
	free(text);
}

void sigstore_load_target(struct shelf *s, const char *target)
{
	const char *slash = strrchr(target, '/');
	const char *base = slash ? slash + 1 : target;
	char name[PATH_MAX], as[PATH_MAX], hash[DIGEST_TEXT];
	int i;

	snprintf(name, sizeof(name), "targets/%s", target);
	sigstore_load(s, name, "new");
	i = shelf_find(s, "new");
	assert_int_equal(digest_make_text(DIGEST_SHA256, s->files[i].text, s->files[i].len, hash),
			 0);
	snprintf(as, sizeof(as), "targets/%.*s%s.%s", (int)(base - target), target, hash, base);
	shelf_put(s, as, s->files[i].text, s->files[i].len);
	shelf_drop(s, "new");
}

void sigstore_trust(struct repo *r, int root)
{
	char name[40];

	while (r->store.n)
		shelf_drop(&r->store, r->store.files[0].name);
	snprintf(name, sizeof(name), "%d.root.json", root);
	sigstore_load(&r->store, name, "root.json");
}

int sigstore_set_up(void **state)
{
	struct repo *r = calloc(1, sizeof(*r));
	char name[60], as[80];

	for (int i = FIRST_ROOT + 1; i <= LAST_ROOT; i++) {
		snprintf(name, sizeof(name), "%d.root.json", i);
		snprintf(as, sizeof(as), "metadata/%s", name);
		sigstore_load(&r->server, name, as);
	}
	for (size_t i = 0; i < N_OTHERS; i++) {
		snprintf(as, sizeof(as), "metadata/%s", sigstore_others[i]);
		sigstore_load(&r->server, sigstore_others[i], as);
	}
	for (size_t i = 0; i < N_TARGETS; i++)
		sigstore_load_target(&r->server, sigstore_targets[i]);
	assert_int_equal(stamp_parse("2026-08-25T00:00:00Z", &r->now), 0);
	r->path = sigstore_targets[N_TARGETS - 1]; /* through the delegated role */
	sigstore_trust(r, FIRST_ROOT);
	srandom(SEED);
	*state = r;
	return 0;
}

int sigstore_tear_down(void **state)
{
	repo_free(*state);
	return 0;
}

int sigstore_client(struct repo *r)
{
	struct fault f = { 0 };
	int e = repo_client(r, NULL, &f);

	if (e < 0)
		assert_string_not_equal(f.why, "");
	return e;
}

int sigstore_root_before(const char *name)
{
	int version = atoi(name);

	return strstr(name, ".root.json") ? version - 1 : LAST_ROOT;
}

void sigstore_must_refuse(struct repo *r, const char *name, const char *text, size_t len,
			  const char *what)
{
	char as[80];

	snprintf(as, sizeof(as), "metadata/%s", name);
	shelf_put(&r->server, as, text, len);
	sigstore_trust(r, sigstore_root_before(name));
	if (sigstore_client(r) == 0)
		fail_msg("%s: accepted in spite of %s", name, what);
	sigstore_load(&r->server, name, as);
}

void sigstore_must_refuse_json(struct repo *r, const char *name, const json_t *file,
			       const char *what)
{
	char *text = json_dumps(file, JSON_INDENT(1));

	sigstore_must_refuse(r, name, text, strlen(text), what);
	free(text);
}

json_t *sigstore_read(struct repo *r, const char *name)
{
	json_t *file = NULL;
	char as[80];
	int i;

	snprintf(as, sizeof(as), "metadata/%s", name);
	i = shelf_find(&r->server, as);
	assert_true(i >= 0);
	assert_int_equal(json_read(r->server.files[i].text, r->server.files[i].len, &file, NULL),
			 0);
	return file;
}

json_t *sigstore_changed(const json_t *value)
{
	char *text;
	json_t *other;
	size_t len;

	if (json_is_integer(value))
		return json_integer(json_integer_value(value) ^ 1 << random() % 8);
	if (json_is_boolean(value))
		return json_boolean(!json_boolean_value(value));
	if (!json_is_string(value) || !json_string_length(value))
		return NULL;
	text = strdup(json_string_value(value));
	len = strlen(text);
	text[(size_t)random() % len] ^= 1; /* stays ASCII and never becomes NUL */
	other = json_string(text);
	free(text);
	return other;
}
