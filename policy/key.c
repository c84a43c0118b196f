// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <mbedtls/pk.h>
#include <string.h>

#include "policy/canon.h"
#include "policy/digest.h"
#include "policy/json.h"
#include "policy/key.h"

struct scheme {
	const char *keytype, *scheme;
	int (*load)(struct key *k, const char *public, struct fault *fault);
	bool (*verify)(const struct key *k, const char *data, size_t len, const uint8_t *sig,
		       size_t sig_len);
};

struct key {
	char id[KEY_ID_TEXT];
	const struct scheme *scheme;
	uint8_t material[DIGEST_MAX]; /* hash of the public key alone, in its one encoding */
	mbedtls_pk_context pk;
};

/* What precedes the point in a P-256 SubjectPublicKeyInfo (RFC 5480 section 2). */
static const uint8_t p256_header[] = {
	0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
	0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
};
#define P256_DER  (sizeof(p256_header) + 64)
#define PEM_BEGIN "-----BEGIN PUBLIC KEY-----"

static int load_p256(struct key *k, const char *public, struct fault *fault)
{
	uint8_t room[256];
	const uint8_t *der;
	int n;

	if (strncmp(public, PEM_BEGIN, strlen(PEM_BEGIN)) ||
	    mbedtls_pk_parse_public_key(&k->pk, (const uint8_t *)public, strlen(public) + 1))
		return fault_set(fault, -EINVAL, "not a public key in PEM");
	/* Written at the end of the room. */
	n = mbedtls_pk_write_pubkey_der(&k->pk, room, sizeof(room));
	der = room + sizeof(room) - (n > 0 ? n : 0);
	if (n != P256_DER || memcmp(der, p256_header, sizeof(p256_header)))
		return fault_set(fault, -EINVAL, "not on the curve P-256");
	return digest_make(DIGEST_SHA256, der, (size_t)n, k->material);
}

static bool verify_ecdsa(const struct key *k, const char *data, size_t len, const uint8_t *sig,
			 size_t sig_len)
{
	uint8_t hash[DIGEST_MAX];

	/* mbedTLS takes the context without const but only reads it. */
	return digest_make(DIGEST_SHA256, data, len, hash) == 0 &&
	       mbedtls_pk_verify((mbedtls_pk_context *)&k->pk, MBEDTLS_MD_SHA256, hash,
				 digest_kinds[DIGEST_SHA256].len, sig, sig_len) == 0;
}

static const struct scheme schemes[] = {
	{ "ecdsa", "ecdsa-sha2-nistp256", load_p256, verify_ecdsa },
	/* As repositories wrote it before TUF 1.0.19. */
	{ "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", load_p256, verify_ecdsa },
};

static const struct scheme *scheme_find(const char *keytype, const char *scheme)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
		if (!strcmp(schemes[i].keytype, keytype) && !strcmp(schemes[i].scheme, scheme))
			return &schemes[i];
	return NULL;
}

int key_name(json_t *object, char ret[KEY_ID_TEXT], struct fault *fault)
{
	_free_ char *text = NULL;
	char hex[DIGEST_TEXT];
	size_t len;
	int r;

	r = canon_write(object, &text, &len, fault);
	if (r == 0)
		r = digest_make_text(DIGEST_SHA256, text, len, hex);
	if (r == 0)
		memcpy(ret, hex, KEY_ID_TEXT);
	return r;
}

static int check_name(const char *id, json_t *object, struct fault *fault)
{
	char name[KEY_ID_TEXT];
	int r = key_name(object, name, fault);

	if (r == 0 && strcmp(name, id))
		return fault_set(fault, -EINVAL, "not named by its hash, which begins with %.12s",
				 name);
	return r;
}

static int fill(struct key *k, json_t *object, struct fault *fault)
{
	const char *keytype, *scheme, *public;
	json_t *keyval;
	int r;

	r = json_need_text(object, "keytype", &keytype, fault);
	if (r == 0)
		r = json_need_text(object, "scheme", &scheme, fault);
	if (r == 0)
		r = json_need_object(object, "keyval", &keyval, fault);
	if (r < 0)
		return r;
	k->scheme = scheme_find(keytype, scheme);
	if (!k->scheme)
		return -ENOTSUP;
	r = json_need_text(keyval, "public", &public, fault);
	return r < 0 ? r : k->scheme->load(k, public, fault);
}

int key_parse(const char *id, json_t *object, struct key **ret, struct fault *fault)
{
	_drop_(drop_key) struct key *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return -ENOMEM;
	mbedtls_pk_init(&k->pk);
	r = check_name(id, object, fault);
	if (r == 0)
		r = fill(k, object, fault);
	if (r < 0) {
		if (r != -ENOTSUP)
			fault_prefix(fault, "key %.12s", id);
		return r;
	}
	memcpy(k->id, id, sizeof(k->id));
	*ret = take(k);
	return 0;
}

struct key *key_free(struct key *k)
{
	if (k) {
		mbedtls_pk_free(&k->pk);
		free(k);
	}
	return NULL;
}

const char *key_id(const struct key *k)
{
	return k->id;
}

bool key_same(const struct key *a, const struct key *b)
{
	return !memcmp(a->material, b->material, sizeof(a->material));
}

bool key_verify(const struct key *k, const char *data, size_t len, const char *sig_hex)
{
	uint8_t sig[KEY_SIG_MAX];
	int n = digest_unhex(sig_hex, sig, sizeof(sig));

	return n > 0 && k->scheme->verify(k, data, len, sig, (size_t)n);
}
