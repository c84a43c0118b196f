// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "agent/base/count.h"
#include "policy/key.h"
#include "tests/unit/test.h"
#include "tests/unit/vectors.h"

#define ED25519_ZERO "0000000000000000000000000000000000000000000000000000000000000000"

static const struct row {
	const char *what, *keytype, *scheme, *public, *sig;
	int parsed;
	bool fits;
} rows[] = {
	{ "P-384", "ecdsa", "ecdsa-sha2-nistp384", P384, P384_SIG, 0, true },
	{ "P-384 of old", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384", P384, P384_SIG, 0, true },
	{ "P-384 as P-256", "ecdsa", "ecdsa-sha2-nistp256", P384, P384_SIG, -EINVAL, false },
	{ "RSA as P-384", "ecdsa", "ecdsa-sha2-nistp384", RSA2048, P384_SIG, -EINVAL, false },
	{ "2048 bits", "rsa", "rsassa-pss-sha256", RSA2048, RSA2048_SIG, 0, true },
	{ "salt of 20", "rsa", "rsassa-pss-sha256", RSA2048, RSA2048_SALT20_SIG, 0, true },
	{ "8192 bits", "rsa", "rsassa-pss-sha256", RSA8192, RSA8192_SIG, 0, true },
	{ "PKCS#1 v1.5", "rsa", "rsassa-pss-sha256", RSA2048, RSA2048_PKCS1_SIG, 0, false },
	{ "other length", "rsa", "rsassa-pss-sha256", RSA2048, RSA8192_SIG, 0, false },
	{ "1024 bits", "rsa", "rsassa-pss-sha256", RSA1024, RSA1024_SIG, -EINVAL, false },
	{ "long exponent", "rsa", "rsassa-pss-sha256", RSA2048_LONG_EXPONENT, "", -EINVAL, false },
	{ "P-384 as RSA", "rsa", "rsassa-pss-sha256", P384, P384_SIG, -EINVAL, false },
	{ "other scheme", "rsa", "rsa-pkcs1v15-sha256", RSA2048, RSA2048_PKCS1_SIG, -ENOTSUP,
	  false },
#ifdef CONFIG_POLICY_ED25519
	{ "Ed25519", "ed25519", "ed25519", ED25519, ED25519_SIG, 0, true },
	{ "Ed25519, short", "ed25519", "ed25519", ED25519, ED25519, 0, false },
	{ "Ed25519, small order", "ed25519", "ed25519", ED25519_ZERO, ED25519_SIG, 0, false },
	{ "Ed25519, no hex", "ed25519", "ed25519", P384, ED25519_SIG, -EINVAL, false },
	{ "Ed25519, longer", "ed25519", "ed25519", ED25519 "00", ED25519_SIG, -EINVAL, false },
#else
	{ "Ed25519", "ed25519", "ed25519", ED25519, ED25519_SIG, -ENOTSUP, false },
#endif
};

static struct key *parse(const struct row *row, int number, int expected)
{
	json_t *object = json_pack("{s:s, s:s, s:{s:s}, s:i}", "keytype", row->keytype, "scheme",
				   row->scheme, "keyval", "public", row->public, "x", number);
	struct fault f = { 0 };
	struct key *k = NULL;
	char id[KEY_ID_TEXT];
	int r;

	assert_int_equal(key_name(object, id, NULL), 0);
	r = key_parse(id, object, &k, &f);
	if (r != expected)
		fail_msg("%s: %d, \"%s\"", row->what, r, f.why);
	json_decref(object);
	return k;
}

static void flip_each_digit(const struct row *row, const struct key *k)
{
	char *sig = strdup(row->sig);
	size_t len = strlen(sig);

	for (size_t i = 0; i < len; i += 1 + len / 150) {
		sig[i] ^= 1; /* still hex */
		if (key_verify(k, "abc", 3, sig))
			fail_msg("%s: digit %zu of the signature does not count", row->what, i);
		sig[i] ^= 1;
	}
	free(sig);
}

static void test_schemes(void **state)
{
	(void)state;
	for (const struct row *row = rows; row < rows + COUNT(rows); row++) {
		struct key *k = parse(row, 0, row->parsed);

		if (k && key_verify(k, "abc", 3, row->sig) != row->fits)
			fail_msg("%s: the signature %s", row->what, row->fits ? "fails" : "fits");
		if (k && row->fits) {
			assert_false(key_verify(k, "abd", 3, row->sig));
			assert_false(key_verify(k, "abc", 2, row->sig));
			flip_each_digit(row, k);
		}
		key_free(k);
	}
}

/* By whatever id and scheme it is listed, the same material is the same key. */
static void test_same(void **state)
{
	(void)state;
	for (const struct row *row = rows; row < rows + COUNT(rows); row++) {
		struct key *a, *b;

		if (row->parsed)
			continue;
		a = parse(row, 1, 0);
		b = parse(row, 2, 0);
		assert_string_not_equal(key_id(a), key_id(b));
		assert_true(key_same(a, b));
		key_free(b);
		b = parse(&rows[row == rows || row == rows + 1 ? 4 : 0], 1, 0);
		assert_false(key_same(a, b));
		key_free(a);
		key_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schemes),
		cmocka_unit_test(test_same),
	};

	return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
