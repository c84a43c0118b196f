// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys, marks, times and the forms of metadata; tests/unit/data/sigstore has others' roots. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/base/io.h"
#include "policy/json.h"
#include "policy/names.h"
#include "policy/publisher/secret.h"
#include "policy/root.h"
#include "policy/stamp.h"
#include "tests/unit/test.h"

static json_t *parse(const char *text)
{
	json_t *value = NULL;
	struct fault f = { 0 };

	if (json_read(text, strlen(text), &value, &f) < 0)
		fail_msg("%s: %s", text, f.why);
	return value;
}

static struct root *open_sigstore(int version, const struct root *before, int error)
{
	char path[512] = __FILE__, name[40];
	struct root *root = NULL;
	struct fault f = { 0 };
	char *text;
	size_t len;

	snprintf(name, sizeof(name), "data/sigstore/%d.root.json", version);
	strcpy(strrchr(path, '/') + 1, name);
	assert_int_equal(io_read(AT_FDCWD, path, 512000, &text, &len), 0);
	if (root_open(text, len, before, &root, &f) != error)
		fail_msg("%s: \"%s\"", path, f.why);
	free(text);
	return root;
}

static void test_sigstore(void **state)
{
	struct root *nine, *ten, *twelve, *thirteen;

	(void)state;
	nine = open_sigstore(9, NULL, 0);
	ten = open_sigstore(10, nine, 0);
	assert_int_equal(ten->file->version, 10);
	assert_int_equal(ten->signers[ROLE_ROOT].threshold, 3);
	root_free(open_sigstore(11, NULL, 0)); /* a key of its snapshot has a wrong id */
	twelve = open_sigstore(12, NULL, 0);
	thirteen = open_sigstore(13, twelve, 0);
	root_free(nine);
	root_free(ten);
	root_free(twelve);
	root_free(thirteen);
}

static void test_stamps(void **state)
{
	static const struct {
		const char *text;
		int64_t at; /* -1: refused */
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },		{ "2001-09-09T01:46:40Z", 1000000000 },
		{ "2040-02-29T23:59:59Z", 2214172799 }, { "2030-02-30T00:00:00Z", -1 },
		{ "2030-01-01T00:00:00", -1 },		{ "2030-01-01T00:00:00+", -1 },
		{ "2030-1-01T00:00:00Z ", -1 },		{ "2030-01-01 00:00:00Z", -1 },
		{ "2030-01-01T24:00:00Z", -1 },		{ "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t at = -1;

		assert_int_equal(stamp_parse(rows[i].text, &at), rows[i].at < 0 ? -EINVAL : 0);
		assert_true(at == rows[i].at);
	}
}

#define H256 "\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\""
#define H512                                                                            \
	"\"sha512\":\"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" \
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f\""

static void test_marks(void **state)
{
	static const struct {
		const char *text;
		int parsed, checked; /* against "abc" */
	} rows[] = {
		{ "{}", 0, 0 },
		{ "{\"length\":3,\"hashes\":{" H256 "}}", 0, 0 },
		{ "{\"hashes\":{" H512 "}}", 0, 0 },
		{ "{\"hashes\":{" H512 "," H256 ",\"md5\":\"00\"}}", 0, 0 },
		{ "{\"length\":4}", 0, -EBADMSG },
		{ "{\"length\":3,\"hashes\":{\"sha256\":\"aa7816bf8f01cfea414140de5dae2223b00361a39"
		  "6177a9cb410ff61f20015ad\"," H512 "}}",
		  0, -EBADMSG },
		{ "{\"hashes\":{\"md5\":\"00\"}}", -ENOTSUP, 0 },
		{ "{\"hashes\":{}}", -EINVAL, 0 },
		{ "{\"hashes\":{\"sha256\":\"ba78\"}}", -EINVAL, 0 },
		{ "{\"hashes\":{\"sha256\":1}}", -EINVAL, 0 },
		{ "{\"length\":-1}", -EINVAL, 0 },
		{ "{\"version\":0}", -EINVAL, 0 },
		{ "[]", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *value = parse(rows[i].text);
		struct mark m;

		assert_int_equal(mark_parse(value, &m, NULL), rows[i].parsed);
		if (!rows[i].parsed)
			assert_int_equal(mark_check(&m, "abc", 3, NULL), rows[i].checked);
		json_decref(value);
	}
}

static void test_key(void **state)
{
	struct secret *s = NULL;
	struct key *k = NULL, *again = NULL;
	char id[KEY_ID_TEXT];
	json_t *public;
	char *sig;

	(void)state;
	assert_int_equal(secret_make(&s, NULL), 0);
	assert_int_equal(secret_public(s, &public, NULL), 0);
	assert_int_equal(secret_sign(s, "abc", 3, &sig, NULL), 0);
	assert_int_equal(key_parse(secret_id(s), public, &k, NULL), 0);
	assert_true(key_verify(k, "abc", 3, sig));
	assert_false(key_verify(k, "abd", 3, sig));
	assert_false(key_verify(k, "abc", 3, ""));
	assert_false(key_verify(k, "abc", 3, "3"));
	assert_false(key_verify(k, "abc", 3, "zz"));
	sig[20] = sig[20] == '0' ? '1' : '0';
	assert_false(key_verify(k, "abc", 3, sig));
	/* Unknown members count for the id, but make no other key of it. */
	json_object_set_new(public, "x", json_integer(1));
	assert_int_equal(key_parse(secret_id(s), public, &again, NULL), -EINVAL);
	assert_int_equal(key_name(public, id, NULL), 0);
	assert_int_equal(key_parse(id, public, &again, NULL), 0);
	assert_true(key_same(k, again));
	json_object_set_new(public, "scheme", json_string("new-thing"));
	assert_int_equal(key_name(public, id, NULL), 0);
	key_free(again);
	assert_int_equal(key_parse(id, public, &again, NULL), -ENOTSUP);
	json_decref(public);
	free(sig);
	key_free(k);
	secret_free(s);
}

/* One key may have two valid ids, by a member more; it signs for one all the same. */
static void test_one_key_two_ids(void **state)
{
	static const char body[] = "{\"_type\":\"timestamp\"}";
	struct signers signers = { .n = 2, .threshold = 2 };
	char ids[2][KEY_ID_TEXT], text[1000];
	struct metadata *m = NULL;
	struct secret *s = NULL;
	struct fault f = { 0 };
	json_t *public;
	char *sig;

	(void)state;
	assert_int_equal(secret_make(&s, NULL), 0);
	assert_int_equal(secret_public(s, &public, NULL), 0);
	assert_int_equal(secret_sign(s, body, strlen(body), &sig, NULL), 0);
	for (int i = 0; i < 2; i++) {
		struct key *k = NULL;

		json_object_set_new(public, "x", json_integer(i));
		assert_int_equal(key_name(public, ids[i], NULL), 0);
		assert_int_equal(key_parse(ids[i], public, &k, NULL), 0);
		signers.keys[i] = k;
	}
	snprintf(text, sizeof(text),
		 "{\"signed\":%s,\"signatures\":[{\"keyid\":\"%s\",\"sig\":\"%s\"},"
		 "{\"keyid\":\"%s\",\"sig\":\"%s\"}]}",
		 body, ids[0], sig, ids[1], sig);
	assert_int_equal(metadata_open(ROLE_TIMESTAMP, text, strlen(text), &signers, &m, &f),
			 -EBADMSG);
	assert_string_equal(f.why, "has 1 of 2 needed signatures");
	for (int i = 0; i < 2; i++)
		key_free((struct key *)signers.keys[i]);
	json_decref(public);
	free(sig);
	secret_free(s);
}

/* A good EC key, but on secp256k1. */
static void test_other_curve(void **state)
{
	json_t *object =
		json_pack("{s:s, s:s, s:{s:s}}", "keytype", "ecdsa", "scheme",
			  "ecdsa-sha2-nistp256", "keyval", "public",
			  "-----BEGIN PUBLIC KEY-----\n"
			  "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAECH3+saUBnn7+DmsjifQKXIHzaQQ6rgwu\n"
			  "xUGQyVOqE6/6ygUJd13JxFVgvBCMikrY+y+1zYMdVDAiTMSFr+bLHg==\n"
			  "-----END PUBLIC KEY-----\n");
	struct key *k = NULL;
	struct fault f = { 0 };
	char id[KEY_ID_TEXT];

	(void)state;
	assert_int_equal(key_name(object, id, NULL), 0);
	assert_int_equal(key_parse(id, object, &k, &f), -EINVAL);
	assert_non_null(strstr(f.why, "not on the curve P-256"));
	json_decref(object);
}

#define HEAD(type, spec, version)                                                        \
	"{\"signatures\":[],\"signed\":{\"_type\":\"" type "\",\"spec_version\":\"" spec \
	"\",\"expires\":\"2030-01-01T00:00:00Z\",\"version\":" version

static void test_forms(void **state)
{
	static const struct {
		enum role role;
		const char *text, *words; /* NULL: good */
	} rows[] = {
		{ ROLE_TIMESTAMP,
		  HEAD("timestamp", "1.0", "1") ",\"meta\":{\"snapshot.json\":"
						"{\"version\":1}}}}",
		  NULL },
		{ ROLE_TIMESTAMP, HEAD("timestamp", "1.0", "1") "}}", "\"meta\" is missing" },
		{ ROLE_TIMESTAMP, HEAD("timestamp", "1.0", "1") ",\"meta\":{}}}",
		  "\"snapshot.json\" is missing" },
		{ ROLE_TIMESTAMP,
		  HEAD("timestamp", "1.0", "1") ",\"meta\":{\"snapshot.json\":{}}}}",
		  "\"snapshot.json\": \"version\" is missing" },
		{ ROLE_SNAPSHOT, HEAD("timestamp", "1.0", "1") "}}", "instead of \"snapshot\"" },
		{ ROLE_TARGETS, HEAD("targets", "2.0", "1") "}}", "follows version 2.0 of TUF" },
		{ ROLE_TARGETS, HEAD("targets", "1.0", "0") "}}", "\"version\" must be from 1" },
		{ ROLE_TARGETS, HEAD("targets", "1.0", "1") ",\"targets\":{\"a\":{\"length\":1}}}}",
		  "\"a\": \"length\" or \"hashes\" is missing" },
		{ ROLE_TARGETS, "[]", "\"signed\" is missing" },
		{ ROLE_TARGETS, "{\"signed\":{}}", "\"signatures\" is missing" },
		{ ROLE_TARGETS, "{\"signed\":{},\"signatures\":[1]}", "\"keyid\" is missing" },
		{ ROLE_TARGETS, "{\"signed\":{},\"signatures\":[{\"keyid\":\"a\",\"sig\":1}]}",
		  "\"sig\" must be a string" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct metadata *m = NULL;
		struct fault f = { 0 };
		int r = metadata_open(rows[i].role, rows[i].text, strlen(rows[i].text), NULL, &m,
				      &f);

		assert_int_equal(r, rows[i].words ? -EBADMSG : 0);
		if (rows[i].words && !strstr(f.why, rows[i].words))
			fail_msg("\"%s\" does not say \"%s\"", f.why, rows[i].words);
		metadata_free(m);
	}
}

static void test_names(void **state)
{
	struct mark m = { .has = { false, true } };
	char out[NAME_ROOM];

	(void)state;
	name_of_target("../a/.b", out);
	assert_string_equal(out, "targets/%2E.%2Fa%2F.b");
	name_of_target("policy.json", out);
	assert_string_equal(out, "targets/policy.json");
	path_of_target("a/b.json", NULL, out);
	assert_string_equal(out, "targets/a/b.json");
	path_of_target("a/b.json", &m, out); /* of sha512, all zero */
	assert_int_equal(strlen(out), strlen("targets/a/.b.json") + 128);
	path_of_role("root", 12, out);
	assert_string_equal(out, "metadata/12.root.json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sigstore),    cmocka_unit_test(test_stamps),
		cmocka_unit_test(test_marks),	    cmocka_unit_test(test_key),
		cmocka_unit_test(test_other_curve), cmocka_unit_test(test_forms),
		cmocka_unit_test(test_names),	    cmocka_unit_test(test_one_key_two_ids),
	};

	return cmocka_run_group_tests_name("role", tests, NULL, NULL);
}
