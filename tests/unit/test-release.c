// SPDX-License-Identifier: GPL-2.0-or-later
/* Break-glass: codes that are read out, and tokens with each bit of theirs turned. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/count.h"
#include "policy/canon.h"
#include "policy/code.h"
#include "policy/digest.h"
#include "policy/json.h"
#include "policy/publisher/secret.h"
#include "policy/token.h"
#include "tests/unit/test.h"

static const uint8_t host[HOST_ID] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 255 };

static void test_code(void **state)
{
	uint8_t data[40], back[40];
	char text[CODE_TEXT(40) + 10], small[sizeof(text)];

	(void)state;
	for (size_t len = 0; len <= sizeof(data); len++) {
		for (size_t i = 0; i < len; i++)
			data[i] = (uint8_t)(rand() >> 7);
		memset(text, 'x', sizeof(text));
		code_write(data, len, text);
		assert_in_range(strlen(text) + 1, 0, CODE_TEXT(len) + (len == 0));
		for (size_t i = 0; i <= strlen(text); i++)
			small[i] = text[i] >= 'A' ? (char)(text[i] + 32) : text[i];
		assert_int_equal(code_read(small, back, sizeof(back)), len);
		assert_memory_equal(back, data, len);
		if (len)
			assert_int_equal(code_read(text, back, len - 1), -EFBIG);
	}
}

static void test_code_refused(void **state)
{
	static const struct {
		const char *text;
		int want;
	} rows[] = {
		{ "", 0 },
		{ "00", 1 },
		{ "ZW", 1 },
		{ "oo", 1 },
		{ "il", -EINVAL },
		{ "0", -EINVAL },
		{ "000", -EINVAL },
		{ "01", -EINVAL },
		{ "0U", -EINVAL },
		{ "0\xc3", -EINVAL },
		{ "0-0 \n", 1 },
		{ "0=", -EINVAL },
		{ "000000", -EINVAL },
	};
	uint8_t back[8];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(code_read(rows[i].text, back, sizeof(back)), rows[i].want);
}

/* One letter that is wrong is noticed, nearly always; two that changed places, too. */
static void test_slips(void **state)
{
	struct challenge c = { .nonce = 0x0123456789abcdef }, back;
	char text[CHALLENGE_TEXT], slip[CHALLENGE_TEXT];
	unsigned passed = 0, tried = 0;

	(void)state;
	memcpy(c.host, host, HOST_ID);
	assert_int_equal(challenge_write(&c, text), 0);
	assert_int_equal(challenge_read(text, &back, NULL), 0);
	assert_true(!memcmp(back.host, host, HOST_ID) && back.nonce == c.nonce);
	for (size_t i = 0; text[i]; i++)
		for (const char *l = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; *l; l++) {
			strcpy(slip, text);
			slip[i] = *l;
			if (text[i] == '-' || text[i] == *l)
				continue;
			tried++;
			passed += challenge_read(slip, &back, NULL) == 0;
		}
	assert_true(tried == 992 && passed <= 2);
}

struct desk {
	struct secret *secret;
	json_t *keys;
};

static struct desk open_desk(void)
{
	struct desk d = { .keys = json_array() };
	json_t *key;

	assert_int_equal(secret_make(&d.secret, NULL), 0);
	assert_int_equal(secret_public(d.secret, &key, NULL), 0);
	json_array_append_new(d.keys, key);
	return d;
}

static void close_desk(struct desk *d)
{
	secret_free(d->secret);
	json_decref(d->keys);
}

static void sign(const struct desk *d, struct token *t)
{
	_drop_(drop_json) json_t *body = token_body(t);
	_free_ char *text = NULL;
	_free_ char *hex = NULL;
	struct token_sign *s = &t->by[t->n++];
	size_t len;

	assert_int_equal(canon_write(body, &text, &len, NULL), 0);
	assert_int_equal(secret_sign(d->secret, text, len, &hex, NULL), 0);
	s->len = (size_t)digest_unhex(hex, s->sig, sizeof(s->sig));
	assert_true(digest_unhex(secret_id(d->secret), (uint8_t[DIGEST_MAX]){ 0 }, DIGEST_MAX) > 0);
	for (size_t i = 0; i < TOKEN_KEY; i++) {
		unsigned byte;

		sscanf(secret_id(d->secret) + 2 * i, "%2x", &byte);
		s->key[i] = (uint8_t)byte;
	}
}

static struct token a_token(void)
{
	struct token t = { .to.nonce = 77, .seconds = 7200, .reason = "ticket 4711" };

	memcpy(t.to.host, host, HOST_ID);
	return t;
}

static void test_bits(void **state)
{
	struct desk d = open_desk();
	struct token t = a_token(), back;
	char text[TOKEN_TEXT], turned[TOKEN_TEXT], who[TOKEN_WHO];
	uint8_t data[TOKEN_BYTES];
	int len;

	(void)state;
	sign(&d, &t);
	assert_int_equal(token_write(&t, text, NULL), 0);
	assert_int_equal(token_read(text, &back, NULL), 0);
	assert_int_equal(token_check(&back, d.keys, 1, who, NULL), 0);
	assert_true(!strncmp(who, secret_id(d.secret), 8) && strlen(who) == 8);
	assert_true(back.seconds == 7200 && !strcmp(back.reason, "ticket 4711"));
	assert_int_equal(token_check(&back, d.keys, 2, who, NULL), -EBADMSG);

	len = code_open(text, data, sizeof(data));
	assert_true(len > 100);
	for (int bit = 0; bit < len * 8; bit++) {
		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(code_seal(data, (size_t)len, turned), 0);
		if (token_read(turned, &back, NULL) == 0)
			assert_int_equal(token_check(&back, d.keys, 1, who, NULL), -EBADMSG);
		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (int n = 0; n < len; n++) {
		assert_int_equal(code_seal(data, (size_t)n, turned), 0);
		assert_int_equal(token_read(turned, &back, NULL), -EBADMSG);
	}
	close_desk(&d);
}

/* Two have to sign; one who signs twice is one, and strangers are nobody. */
static void test_threshold(void **state)
{
	struct desk a = open_desk(), b = open_desk(), stranger = open_desk();
	struct token t = a_token();
	char who[TOKEN_WHO], text[TOKEN_TEXT];

	(void)state;
	json_array_extend(a.keys, b.keys);
	sign(&a, &t);
	sign(&a, &t);
	sign(&stranger, &t);
	assert_int_equal(token_check(&t, a.keys, 1, who, NULL), 0);
	assert_int_equal(token_check(&t, a.keys, 2, who, NULL), -EBADMSG);
	sign(&b, &t);
	assert_int_equal(token_check(&t, a.keys, 2, who, NULL), 0);
	assert_int_equal(token_write(&t, text, NULL), 0);
	close_desk(&a);
	close_desk(&b);
	close_desk(&stranger);
}

/* Whoever brings a token adds what he likes to it, but not to those who are said to have signed. */
static void test_who(void **state)
{
	struct desk a = open_desk(), b = open_desk(), stranger = open_desk();
	struct token t = a_token();
	char who[TOKEN_WHO];

	(void)state;
	json_array_extend(a.keys, b.keys);
	sign(&b, &t);
	t.by[0].sig[t.by[0].len / 2] ^= 1;
	sign(&stranger, &t);
	sign(&a, &t);
	assert_int_equal(token_check(&t, a.keys, 1, who, NULL), 0);
	assert_true(!strncmp(who, secret_id(a.secret), 8) && strlen(who) == 8);
	sign(&b, &t);
	assert_int_equal(token_check(&t, a.keys, 2, who, NULL), 0);
	assert_true(!strncmp(who, secret_id(a.secret), 8) && !strncmp(who + 8, " and ", 5) &&
		    !strncmp(who + 13, secret_id(b.secret), 8) && strlen(who) == 21);
	close_desk(&a);
	close_desk(&b);
	close_desk(&stranger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_code),	  cmocka_unit_test(test_code_refused),
		cmocka_unit_test(test_slips),	  cmocka_unit_test(test_bits),
		cmocka_unit_test(test_threshold), cmocka_unit_test(test_who),
	};

	return cmocka_run_group_tests_name("release", tests, NULL, NULL);
}
