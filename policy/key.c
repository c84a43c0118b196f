// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#ifdef CONFIG_POLICY_ED25519
#include <sodium.h>
#endif
#include <string.h>

#include "agent/base/count.h"
#include "policy/canon.h"
#include "policy/digest.h"
#include "policy/json.h"
#include "policy/key.h"

struct curve {
	const char *name;
	/* What precedes the point in a SubjectPublicKeyInfo (RFC 5480 section 2). */
	const uint8_t *header;
	size_t header_len, point_len;
	mbedtls_md_type_t md;
};

struct scheme {
	const char *keytype, *scheme;
	const struct curve *curve; /* of ECDSA */
	int (*load)(struct key *k, const char *public, struct fault *fault);
	bool (*verify)(const struct key *k, const char *data, size_t len, const uint8_t *sig,
		       size_t sig_len);
};

#define ED25519_LEN 32

struct key {
	char id[KEY_ID_TEXT];
	const struct scheme *scheme;
	uint8_t material[DIGEST_MAX]; /* hash of the public key alone, in its one encoding */
	uint8_t raw[ED25519_LEN];     /* of Ed25519, else */
	mbedtls_pk_context pk;
};

static const uint8_t p256_header[] = {
	0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
	0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
};
static const uint8_t p384_header[] = {
	0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
	0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04,
};
static const struct curve p256 = { "P-256", p256_header, sizeof(p256_header), 64,
				   MBEDTLS_MD_SHA256 };
static const struct curve p384 = { "P-384", p384_header, sizeof(p384_header), 96,
				   MBEDTLS_MD_SHA384 };

#define PEM_BEGIN    "-----BEGIN PUBLIC KEY-----"
#define RSA_BITS_MIN 2048 /* TUF 1.0.34 section 4.2 */
#define RSA_BITS_MAX 8192
#define RSA_DER_MORE 48 /* what a DER key has besides its modulus when its exponent is short */
#define DER_ROOM     (RSA_BITS_MAX / 8 + RSA_DER_MORE)

/* However it was written, it is hashed as mbedTLS writes it, so that one key is one key. */
static int load_pem(struct key *k, const char *public, uint8_t der[DER_ROOM], size_t *len,
		    struct fault *fault)
{
	int n;

	if (strncmp(public, PEM_BEGIN, strlen(PEM_BEGIN)) ||
	    mbedtls_pk_parse_public_key(&k->pk, (const uint8_t *)public, strlen(public) + 1))
		return fault_set(fault, -EINVAL, "not a public key in PEM");
	n = mbedtls_pk_write_pubkey_der(&k->pk, der, DER_ROOM);
	if (n <= 0)
		return fault_set(fault, -EINVAL, "too long a public key");
	memmove(der, der + DER_ROOM - n, (size_t)n); /* written at the end of the room */
	*len = (size_t)n;
	return digest_make(DIGEST_SHA256, der, *len, k->material);
}

static int load_ec(struct key *k, const char *public, struct fault *fault)
{
	const struct curve *c = k->scheme->curve;
	uint8_t der[DER_ROOM];
	size_t len;
	int r;

	r = load_pem(k, public, der, &len, fault);
	if (r < 0)
		return r;
	if (len != c->header_len + c->point_len || memcmp(der, c->header, c->header_len))
		return fault_set(fault, -EINVAL, "not on the curve %s", c->name);
	return 0;
}

/* A long exponent would make each signature cost seconds. */
static int load_rsa(struct key *k, const char *public, struct fault *fault)
{
	uint8_t der[DER_ROOM];
	size_t len, bits;
	int r;

	r = load_pem(k, public, der, &len, fault);
	if (r < 0)
		return r;
	bits = mbedtls_pk_get_bitlen(&k->pk);
	if (mbedtls_pk_get_type(&k->pk) != MBEDTLS_PK_RSA || bits < RSA_BITS_MIN ||
	    bits > RSA_BITS_MAX || len > (bits + 7) / 8 + RSA_DER_MORE)
		return fault_set(fault, -EINVAL, "not an RSA key of %d to %d bits", RSA_BITS_MIN,
				 RSA_BITS_MAX);
	return 0;
}

static bool hash(mbedtls_md_type_t md, const char *data, size_t len, uint8_t ret[DIGEST_MAX])
{
	const mbedtls_md_info_t *info = mbedtls_md_info_from_type(md);

	return info && mbedtls_md(info, (const uint8_t *)data, len, ret) == 0;
}

static bool verify_ec(const struct key *k, const char *data, size_t len, const uint8_t *sig,
		      size_t sig_len)
{
	mbedtls_md_type_t md = k->scheme->curve->md;
	uint8_t is[DIGEST_MAX];

	/* mbedTLS takes the context without const but only reads it; 0 means md's length. */
	return hash(md, data, len, is) &&
	       mbedtls_pk_verify((mbedtls_pk_context *)&k->pk, md, is, 0, sig, sig_len) == 0;
}

/* RFC 8017 section 8.1.2 with SHA-256 throughout and salt of any length. */
static bool verify_pss(const struct key *k, const char *data, size_t len, const uint8_t *sig,
		       size_t sig_len)
{
	const mbedtls_pk_rsassa_pss_options options = { MBEDTLS_MD_SHA256,
							MBEDTLS_RSA_SALT_LEN_ANY };
	uint8_t is[DIGEST_MAX];

	return hash(MBEDTLS_MD_SHA256, data, len, is) &&
	       mbedtls_pk_verify_ext(MBEDTLS_PK_RSASSA_PSS, &options, (mbedtls_pk_context *)&k->pk,
				     MBEDTLS_MD_SHA256, is, 32, sig, sig_len) == 0;
}

#ifdef CONFIG_POLICY_ED25519
static int load_ed25519(struct key *k, const char *public, struct fault *fault)
{
	if (digest_unhex(public, k->raw, sizeof(k->raw)) != sizeof(k->raw))
		return fault_set(fault, -EINVAL, "not an Ed25519 key in hex");
	if (sodium_init() < 0)
		return -EIO;
	return digest_make(DIGEST_SHA256, k->raw, sizeof(k->raw), k->material);
}

static bool verify_ed25519(const struct key *k, const char *data, size_t len, const uint8_t *sig,
			   size_t sig_len)
{
	return sig_len == crypto_sign_ed25519_BYTES &&
	       crypto_sign_ed25519_verify_detached(sig, (const uint8_t *)data, len, k->raw) == 0;
}
#endif

static const struct scheme schemes[] = {
	{ "ecdsa", "ecdsa-sha2-nistp256", &p256, load_ec, verify_ec },
	{ "ecdsa", "ecdsa-sha2-nistp384", &p384, load_ec, verify_ec },
	/* As repositories wrote them before TUF 1.0.19. */
	{ "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", &p256, load_ec, verify_ec },
	{ "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384", &p384, load_ec, verify_ec },
	{ "rsa", "rsassa-pss-sha256", NULL, load_rsa, verify_pss },
#ifdef CONFIG_POLICY_ED25519
	{ "ed25519", "ed25519", NULL, load_ed25519, verify_ed25519 },
#endif
};

static const struct scheme *scheme_find(const char *keytype, const char *scheme)
{
	for (size_t i = 0; i < COUNT(schemes); i++)
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
