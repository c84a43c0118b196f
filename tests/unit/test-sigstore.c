// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A real repository, data/sigstore, from root 5 to its targets; and each change of it, made by
 * the hundred, must be refused.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "policy/canon.h"
#include "policy/json.h"
#include "policy/stamp.h"
#include "tests/unit/repo.h"
#include "tests/unit/sigstore.h"
#include "tests/unit/test.h"

#ifdef __SANITIZE_ADDRESS__ /* which takes three times as long over the same code */
#define EACH 3
#else
#define EACH 1
#endif
#define ROOT_STEP (4 * EACH)   /* of a root's many */
#define FLIPS	  (100 / EACH) /* of single bits, a file */

static void test_chain(void **state)
{
	struct repo *r = *state;

	for (size_t i = 0; i < N_TARGETS; i++) {
		struct fault f = { 0 };

		r->path = sigstore_targets[i];
		if (repo_client(r, NULL, &f) < 0)
			fail_msg("%s: %s", sigstore_targets[i], f.why);
	}
	r->path = "registry.npmjs.org/other.json";
	assert_int_equal(sigstore_client(r), -ENOENT);
	assert_int_equal(shelf_find(&r->server, "metadata/15.root.json") >= 0, 1);
	assert_string_equal(r->store.files[shelf_find(&r->store, "root.json")].text,
			    r->server.files[shelf_find(&r->server, "metadata/15.root.json")].text);
}

static void test_dates(void **state)
{
	static const char *const late[] = { "2026-08-28T19:25:56Z", "2026-10-13T19:45:24Z",
					    "2026-11-20T13:58:18Z", "2040-01-01T00:00:00Z" };
	struct repo *r = *state;

	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(stamp_parse(late[i], &r->now), 0);
		assert_int_equal(sigstore_client(r), -ESTALE);
		sigstore_trust(r, FIRST_ROOT);
	}
	assert_int_equal(stamp_parse("2026-08-28T19:25:55Z", &r->now), 0);
	assert_int_equal(sigstore_client(r), 0);
}

struct walk {
	struct repo *r;
	const char *name;
	json_t *file;
	size_t step, seen, n;
};

static void change_all(struct walk *w, json_t *value);

static void try_change(struct walk *w, const char *what)
{
	if (w->seen++ % w->step)
		return;
	sigstore_must_refuse_json(w->r, w->name, w->file, what);
	w->n++;
}

/* Of a copy of the names: what is taken out and put back comes last. */
static void change_members(struct walk *w, json_t *object)
{
	json_t *names = json_copy(object), *value;
	const char *name;

	json_object_foreach(names, name, value) {
		json_t *other = sigstore_changed(value);

		if (other) {
			json_object_set_new(object, name, other);
			try_change(w, name);
		} else {
			json_object_del(object, name);
			try_change(w, "a member less");
		}
		json_object_set(object, name, value);
		change_all(w, value);
	}
	json_decref(names);
}

static void change_items(struct walk *w, json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		json_t *value = json_incref(json_array_get(array, i));
		json_t *other = sigstore_changed(value);

		if (other) {
			json_array_set_new(array, i, other);
			try_change(w, "another item");
		}
		json_array_set_new(array, i, value);
		change_all(w, value);
	}
}

static void change_all(struct walk *w, json_t *value)
{
	if (json_is_array(value))
		change_items(w, value);
	if (!json_is_object(value))
		return;
	change_members(w, value);
	json_object_set_new(value, "x-new", json_true());
	try_change(w, "a member more");
	json_object_del(value, "x-new");
}

/* Each value below "signed" is another, or is missing, or has company. */
static void test_fields(void **state)
{
	struct repo *r = *state;
	size_t n = 0;
	char name[40];

	for (int i = 0; i <= LAST_ROOT - FIRST_ROOT + 3; i++) {
		struct walk w = { .r = r, .name = name, .step = i < 4 ? 1 : ROOT_STEP };

		if (i < 4)
			strcpy(name, sigstore_others[i]);
		else
			snprintf(name, sizeof(name), "%d.root.json", FIRST_ROOT + i - 3);
		w.file = sigstore_read(r, name);
		change_all(&w, json_object_get(w.file, "signed"));
		json_decref(w.file);
		n += w.n;
	}
	print_message("# %zu changed fields refused\n", n);
	assert_true(n > 150);
}

static bool accepted(struct repo *r, const char *name, const json_t *file)
{
	char *text = json_dumps(file, 0), as[80];
	bool ok;

	snprintf(as, sizeof(as), "metadata/%s", name);
	shelf_put(&r->server, as, text, strlen(text));
	sigstore_trust(r, sigstore_root_before(name));
	ok = sigstore_client(r) == 0;
	sigstore_load(&r->server, name, as);
	free(text);
	return ok;
}

/* No more signatures than are needed. */
static void strip(struct repo *r, const char *name, json_t *file)
{
	json_t *list = json_object_get(file, "signatures");

	for (size_t i = json_array_size(list); i-- > 0;) {
		json_t *one = json_incref(json_array_get(list, i));

		json_array_remove(list, i);
		if (!accepted(r, name, file))
			json_array_insert(list, i, one);
		json_decref(one);
	}
	assert_true(json_array_size(list) > 0);
}

static size_t break_signatures(struct repo *r, const char *name, json_t *file)
{
	json_t *list = json_object_get(file, "signatures"), *one, *other;
	size_t i, n = 0;

	json_array_foreach(list, i, one) {
		const char *const fields[] = { "sig", "keyid" };

		for (size_t k = 0; k < 4; k++) {
			json_t *was = json_incref(json_object_get(one, fields[k % 2]));

			json_object_set_new(one, fields[k % 2], sigstore_changed(was));
			sigstore_must_refuse_json(r, name, file, "a changed signature");
			json_object_set_new(one, fields[k % 2], was);
			n++;
		}
		json_incref(one);
		json_array_remove(list, i);
		sigstore_must_refuse_json(r, name, file, "a signature less");
		/* Of another's, made one's own; roots 9 and 10 have keys by two ids. */
		other = strstr(name, ".root.json") ? NULL : json_array_get(list, 0);
		if (other) {
			json_t *copy = json_copy(one);

			json_object_set(copy, "sig", json_object_get(other, "sig"));
			json_array_insert_new(list, i, copy);
			sigstore_must_refuse_json(r, name, file, "one signature under two names");
			json_array_remove(list, i);
		}
		json_array_insert_new(list, i, one);
		n += 2;
	}
	return n;
}

static void test_signatures(void **state)
{
	struct repo *r = *state;
	size_t n = 0;
	char name[40];

	for (int i = 0; i <= LAST_ROOT - FIRST_ROOT + 3; i += EACH) {
		json_t *file;

		if (i < 4)
			strcpy(name, sigstore_others[i]);
		else
			snprintf(name, sizeof(name), "%d.root.json", FIRST_ROOT + i - 3);
		file = sigstore_read(r, name);
		strip(r, name, file);
		n += break_signatures(r, name, file);
		json_decref(file);
	}
	print_message("# %zu changed signatures refused\n", n);
}

/* Any file in any other's place: other roles, older roots. */
static void test_swapped(void **state)
{
	struct repo *r = *state;
	char names[LAST_ROOT - FIRST_ROOT + 4][40], from[80];
	size_t n = 0, all = COUNT(names);

	for (size_t i = 0; i < all; i++) {
		if (i < 4)
			strcpy(names[i], sigstore_others[i]);
		else
			snprintf(names[i], sizeof(names[i]), "%zu.root.json", FIRST_ROOT + i - 3);
	}
	for (size_t i = 0; i < all; i++)
		for (size_t k = 0; k < all; k++) {
			int at;

			if (i == k || (i + k) % EACH)
				continue;
			snprintf(from, sizeof(from), "metadata/%s", names[k]);
			at = shelf_find(&r->server, from);
			sigstore_must_refuse(r, names[i], r->server.files[at].text,
					     r->server.files[at].len, names[k]);
			n++;
		}
	print_message("# %zu swapped files refused\n", n);
}

static bool same_signed(const char *a, size_t a_len, const char *b, size_t b_len)
{
	json_t *one = NULL, *two = NULL;
	char *x = NULL, *y = NULL;
	size_t x_len = 0, y_len = 0;
	bool same = json_read(a, a_len, &one, NULL) == 0 && json_read(b, b_len, &two, NULL) == 0 &&
		    canon_write(json_object_get(one, "signed"), &x, &x_len, NULL) == 0 &&
		    canon_write(json_object_get(two, "signed"), &y, &y_len, NULL) == 0 &&
		    x_len == y_len && !memcmp(x, y, x_len);

	json_decref(one);
	json_decref(two);
	free(x);
	free(y);
	return same;
}

/* Single bits of the files as they are: refused, or of no meaning (a blank, a spare signature). */
static void test_bits(void **state)
{
	struct repo *r = *state;
	size_t refused = 0;

	for (size_t i = 0; i < N_OTHERS; i++) {
		char as[80], *good, *bad;
		size_t len;
		int at;

		snprintf(as, sizeof(as), "metadata/%s", sigstore_others[i]);
		at = shelf_find(&r->server, as);
		len = r->server.files[at].len;
		good = memcpy(malloc(len), r->server.files[at].text, len);
		bad = malloc(len);
		for (int k = 0; k < FLIPS; k++) {
			memcpy(bad, good, len);
			bad[(size_t)random() % len] ^= (char)(1 << random() % 8);
			shelf_put(&r->server, as, bad, len);
			sigstore_trust(r, LAST_ROOT);
			if (sigstore_client(r) < 0)
				refused++;
			else if (!same_signed(good, len, bad, len))
				fail_msg("%s: flip %d accepted", as, k);
		}
		shelf_put(&r->server, as, good, len);
		free(good);
		free(bad);
	}
	print_message("# %zu of %zu flipped bits refused\n", refused, (size_t)FLIPS * N_OTHERS);
}

static void test_target_bytes(void **state)
{
	struct repo *r = *state;
	size_t n = r->server.n;

	sigstore_trust(r, LAST_ROOT);
	for (size_t i = 0; i < N_TARGETS; i++) {
		const char *base = strrchr(sigstore_targets[i], '/');
		size_t at = 0;

		base = base ? base + 1 : sigstore_targets[i];
		for (size_t k = 0; k < n; k++) {
			const char *dot = strchr(r->server.files[k].name, '.');

			if (!strncmp(r->server.files[k].name, "targets/", 8) &&
			    (strstr(r->server.files[k].name, "npmjs")
				     ? !strcmp(base, "keys.json")
				     : dot && !strcmp(dot + 1, base)))
				at = k;
		}
		assert_true(at > 0);
		r->path = sigstore_targets[i];
		r->server.files[at].text[(size_t)random() % r->server.files[at].len] ^= 1;
		assert_int_equal(sigstore_client(r), -EBADMSG);
		sigstore_load_target(&r->server, sigstore_targets[i]);
		r->server.files[at].len--;
		assert_int_equal(sigstore_client(r), -EBADMSG);
		sigstore_load_target(&r->server, sigstore_targets[i]);
		assert_int_equal(sigstore_client(r), 0);
	}
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, sigstore_set_up, sigstore_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_chain),   ROW(test_dates), ROW(test_fields),	    ROW(test_signatures),
		ROW(test_swapped), ROW(test_bits),  ROW(test_target_bytes),
	};

	return cmocka_run_group_tests_name("sigstore", tests, NULL, NULL);
}
