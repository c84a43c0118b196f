// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <mbedtls/aes.h>
#include <mbedtls/asn1write.h>
#include <mbedtls/md.h>
#include <mbedtls/pkcs5.h>
#include <mbedtls/version.h>
#include <stdbool.h>
#include <sys/random.h>

#include "agent/base/count.h"
#include "policy/publisher/pkcs8.h"

#define BLOCK	 16 /* of AES, and so its IV */
#define SALT	 16
#define KEY_MAX	 32
#define HEAD_MAX 200 /* all but the sealed bytes */
#define SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)

/* Without tag and length; RFC 8018 appendix C and NIST's arc for AES. */
#define OID_PBES2      "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"
#define OID_PBKDF2     "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"
#define OID_HMAC(n)    "\x2a\x86\x48\x86\xf7\x0d\x02" n
#define OID_AES_CBC(n) "\x60\x86\x48\x01\x65\x03\x04\x01" n

static const struct {
	const char *oid;
	mbedtls_md_type_t md;
} hmacs[] = {
	{ OID_HMAC("\x09"), MBEDTLS_MD_SHA256 },
	{ OID_HMAC("\x07"), MBEDTLS_MD_SHA1 },
	{ OID_HMAC("\x0a"), MBEDTLS_MD_SHA384 },
	{ OID_HMAC("\x0b"), MBEDTLS_MD_SHA512 },
};

static const struct {
	const char *oid;
	unsigned bits;
} ciphers[] = {
	{ OID_AES_CBC("\x2a"), 256 },
	{ OID_AES_CBC("\x16"), 192 },
	{ OID_AES_CBC("\x02"), 128 },
};

/* How a key is sealed; what is pointed at lies in the sealed bytes. */
struct lock {
	const uint8_t *salt, *iv, *data;
	size_t salt_len, len;
	unsigned rounds, bits;
	mbedtls_md_type_t md;
};

static int derive(const struct lock *l, const struct blob *phrase, uint8_t key[KEY_MAX])
{
#if MBEDTLS_VERSION_NUMBER >= 0x03030000
	return mbedtls_pkcs5_pbkdf2_hmac_ext(l->md, phrase->data, phrase->len, l->salt, l->salt_len,
					     l->rounds, l->bits / 8, key);
#else
	mbedtls_md_context_t md;
	int r;

	mbedtls_md_init(&md);
	r = mbedtls_md_setup(&md, mbedtls_md_info_from_type(l->md), 1);
	if (r == 0)
		r = mbedtls_pkcs5_pbkdf2_hmac(&md, phrase->data, phrase->len, l->salt, l->salt_len,
					      l->rounds, l->bits / 8, key);
	mbedtls_md_free(&md);
	return r;
#endif
}

/* AES-CBC over whole blocks, either way. */
static int run_cipher(const struct lock *l, const struct blob *phrase, int mode, uint8_t *out)
{
	uint8_t key[KEY_MAX], iv[BLOCK];
	mbedtls_aes_context aes;
	int r = derive(l, phrase, key);

	mbedtls_aes_init(&aes);
	if (r == 0)
		r = mode == MBEDTLS_AES_ENCRYPT ? mbedtls_aes_setkey_enc(&aes, key, l->bits)
						: mbedtls_aes_setkey_dec(&aes, key, l->bits);
	memcpy(iv, l->iv, BLOCK);
	if (r == 0)
		r = mbedtls_aes_crypt_cbc(&aes, mode, l->len, iv, l->data, out);
	mbedtls_aes_free(&aes);
	explicit_bzero(key, sizeof(key));
	return r ? -EIO : 0;
}

/* DER is written from its end; each of these answers with the bytes it put before p. */
static int put_head(uint8_t **p, uint8_t *start, int tag, size_t len)
{
	int ret;

	MBEDTLS_ASN1_CHK_ADD(len, mbedtls_asn1_write_len(p, start, len));
	MBEDTLS_ASN1_CHK_ADD(len, mbedtls_asn1_write_tag(p, start, (unsigned char)tag));
	return (int)len;
}

static int put_oid(uint8_t **p, uint8_t *start, const char *oid, size_t after)
{
	int ret;

	MBEDTLS_ASN1_CHK_ADD(after, mbedtls_asn1_write_oid(p, start, oid, strlen(oid)));
	return put_head(p, start, SEQUENCE, after);
}

static int put_cipher(uint8_t **p, uint8_t *start, const struct lock *l)
{
	int n = mbedtls_asn1_write_octet_string(p, start, l->iv, BLOCK);

	return n < 0 ? n : put_oid(p, start, ciphers[0].oid, (size_t)n);
}

static int put_derivation(uint8_t **p, uint8_t *start, const struct lock *l)
{
	size_t len = 0;
	int ret;

	MBEDTLS_ASN1_CHK_ADD(len, mbedtls_asn1_write_null(p, start));
	len = (size_t)put_oid(p, start, hmacs[0].oid, len);
	MBEDTLS_ASN1_CHK_ADD(len, mbedtls_asn1_write_int(p, start, (int)l->rounds));
	MBEDTLS_ASN1_CHK_ADD(len, mbedtls_asn1_write_octet_string(p, start, l->salt, l->salt_len));
	ret = put_head(p, start, SEQUENCE, len);
	return ret < 0 ? ret : put_oid(p, start, OID_PBKDF2, (size_t)ret);
}

static int put_all(uint8_t **p, uint8_t *start, const struct lock *l, const uint8_t *sealed)
{
	size_t len = 0, algorithm = 0;
	int ret;

	MBEDTLS_ASN1_CHK_ADD(len, mbedtls_asn1_write_octet_string(p, start, sealed, l->len));
	MBEDTLS_ASN1_CHK_ADD(algorithm, put_cipher(p, start, l));
	MBEDTLS_ASN1_CHK_ADD(algorithm, put_derivation(p, start, l));
	ret = put_head(p, start, SEQUENCE, algorithm);
	if (ret < 0)
		return ret;
	MBEDTLS_ASN1_CHK_ADD(len, put_oid(p, start, OID_PBES2, (size_t)ret));
	return put_head(p, start, SEQUENCE, len);
}

int pkcs8_seal(const struct blob *key, const struct blob *phrase, unsigned rounds, struct blob *ret)
{
	size_t pad = BLOCK - key->len % BLOCK, len = key->len + pad;
	_wipe_ struct blob plain = { calloc(1, len), len };
	_free_ uint8_t *sealed = calloc(1, len), *der = calloc(1, len + HEAD_MAX);
	uint8_t random[SALT + BLOCK], *p = der + len + HEAD_MAX;
	struct lock l = { random, random + SALT, plain.data,	  SALT,
			  len,	  rounds,	 ciphers[0].bits, hmacs[0].md };
	int n;

	if (!plain.data || !sealed || !der)
		return -ENOMEM;
	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	memcpy(plain.data, key->data, key->len);
	memset(plain.data + key->len, (int)pad, pad);
	if (run_cipher(&l, phrase, MBEDTLS_AES_ENCRYPT, sealed) < 0)
		return -EIO;
	n = put_all(&p, der, &l, sealed);
	if (n < 0)
		return -EIO;
	memmove(der, p, (size_t)n);
	*ret = (struct blob){ take(der), (size_t)n };
	return 0;
}

static bool is_oid(const mbedtls_asn1_buf *b, const char *oid)
{
	return b->len == strlen(oid) && !memcmp(b->p, oid, b->len);
}

/* Steps into a SEQUENCE; *end becomes its end. */
static bool enter(uint8_t **p, uint8_t **end)
{
	size_t len;

	if (mbedtls_asn1_get_tag(p, *end, &len, SEQUENCE))
		return false;
	*end = *p + len;
	return true;
}

static bool get_bytes(uint8_t **p, const uint8_t *end, const uint8_t **ret, size_t *len)
{
	if (mbedtls_asn1_get_tag(p, end, len, MBEDTLS_ASN1_OCTET_STRING))
		return false;
	*ret = *p;
	*p += *len;
	return true;
}

static int get_hmac(uint8_t **p, const uint8_t *end, struct lock *l)
{
	mbedtls_asn1_buf oid, params;

	l->md = MBEDTLS_MD_SHA1; /* what its absence means */
	if (*p == end)
		return 0;
	if (mbedtls_asn1_get_alg(p, end, &oid, &params))
		return -EINVAL;
	for (size_t i = 0; i < COUNT(hmacs); i++)
		if (is_oid(&oid, hmacs[i].oid)) {
			l->md = hmacs[i].md;
			return 0;
		}
	return -ENOTSUP;
}

static int get_derivation(uint8_t **p, const uint8_t *end, struct lock *l)
{
	mbedtls_asn1_buf oid, params;
	uint8_t *in, *in_end;
	int rounds = 0, key_len;

	if (mbedtls_asn1_get_alg(p, end, &oid, &params))
		return -EINVAL;
	if (!is_oid(&oid, OID_PBKDF2))
		return -ENOTSUP;
	if (params.tag != SEQUENCE) /* absent, for instance */
		return -EINVAL;
	in = params.p;
	in_end = in + params.len;
	if (!get_bytes(&in, in_end, &l->salt, &l->salt_len) ||
	    mbedtls_asn1_get_int(&in, in_end, &rounds) || rounds < 1)
		return -EINVAL;
	l->rounds = (unsigned)rounds;
	if (in < in_end && *in == MBEDTLS_ASN1_INTEGER &&
	    mbedtls_asn1_get_int(&in, in_end, &key_len))
		return -EINVAL;
	return get_hmac(&in, in_end, l);
}

static int get_cipher(uint8_t **p, const uint8_t *end, struct lock *l)
{
	mbedtls_asn1_buf oid, params;

	if (mbedtls_asn1_get_alg(p, end, &oid, &params))
		return -EINVAL;
	for (size_t i = 0; i < COUNT(ciphers); i++)
		if (is_oid(&oid, ciphers[i].oid))
			l->bits = ciphers[i].bits;
	if (!l->bits)
		return -ENOTSUP;
	if (params.tag != MBEDTLS_ASN1_OCTET_STRING || params.len != BLOCK)
		return -EINVAL;
	l->iv = params.p;
	return 0;
}

static int read_lock(const struct blob *sealed, struct lock *l)
{
	uint8_t *p = sealed->data, *end = p + sealed->len, *in, *in_end;
	mbedtls_asn1_buf oid, params;
	int r;

	if (!enter(&p, &end) || mbedtls_asn1_get_alg(&p, end, &oid, &params))
		return -EINVAL;
	if (!is_oid(&oid, OID_PBES2))
		return -ENOTSUP;
	if (params.tag != SEQUENCE) /* absent, for instance */
		return -EINVAL;
	in = params.p;
	in_end = in + params.len;
	r = get_derivation(&in, in_end, l);
	if (r == 0)
		r = get_cipher(&in, in_end, l);
	if (r == 0 && (!get_bytes(&p, end, &l->data, &l->len) || !l->len || l->len % BLOCK))
		r = -EINVAL;
	return r;
}

/* The padding, and a SEQUENCE that fills the rest: no other passphrase gives these. */
static bool unpad(struct blob *plain)
{
	uint8_t pad = plain->data[plain->len - 1], *p = plain->data;
	size_t len = 0;

	if (!pad || pad > BLOCK)
		return false;
	for (size_t i = 1; i <= pad; i++)
		if (plain->data[plain->len - i] != pad)
			return false;
	plain->len -= pad;
	return mbedtls_asn1_get_tag(&p, plain->data + plain->len, &len, SEQUENCE) == 0 &&
	       p + len == plain->data + plain->len;
}

int pkcs8_open(const struct blob *sealed, const struct blob *phrase, unsigned max, struct blob *ret,
	       struct fault *fault)
{
	_wipe_ struct blob plain = { 0 };
	struct lock l = { .bits = 0 };
	int r = read_lock(sealed, &l);

	if (r == 0 && l.rounds > max)
		r = -EINVAL;
	if (r < 0)
		return fault_set(fault, r,
				 r == -ENOTSUP ? "is sealed in another way than PBKDF2 and AES-CBC"
					       : "is not a private key");
	plain = (struct blob){ calloc(1, l.len), l.len };
	if (!plain.data)
		return -ENOMEM;
	r = run_cipher(&l, phrase, MBEDTLS_AES_DECRYPT, plain.data);
	if (r < 0)
		return fault_set(fault, r, "mbedTLS cannot open it");
	if (!unpad(&plain))
		return fault_set(fault, -EKEYREJECTED, "another passphrase opens it");
	*ret = plain;
	plain = (struct blob){ 0 };
	return 0;
}
