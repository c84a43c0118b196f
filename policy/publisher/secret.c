// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/version.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/io.h"
#include "policy/digest.h"
#include "policy/publisher/secret.h"

#define PEM_MAX 4096

struct secret {
	mbedtls_entropy_context entropy;
	mbedtls_ctr_drbg_context random;
	mbedtls_pk_context pk;
	char id[KEY_ID_TEXT];
};

static int fail(struct fault *fault, const char *what, int code)
{
	return fault_set(fault, -EIO, "%s failed in mbedTLS with -0x%04x", what, (unsigned)-code);
}

static int secret_new(struct secret **ret, struct fault *fault)
{
	_drop_(drop_secret) struct secret *s = calloc(1, sizeof(*s));
	int code;

	if (!s)
		return -ENOMEM;
	mbedtls_entropy_init(&s->entropy);
	mbedtls_ctr_drbg_init(&s->random);
	mbedtls_pk_init(&s->pk);
	code = mbedtls_ctr_drbg_seed(&s->random, mbedtls_entropy_func, &s->entropy, NULL, 0);
	if (code)
		return fail(fault, "seeding the random generator", code);
	*ret = take(s);
	return 0;
}

struct secret *secret_free(struct secret *s)
{
	if (s) {
		mbedtls_pk_free(&s->pk);
		mbedtls_ctr_drbg_free(&s->random);
		mbedtls_entropy_free(&s->entropy);
		free(s);
	}
	return NULL;
}

static int name_it(struct secret *s, struct fault *fault)
{
	json_t *public = NULL;
	int r = secret_public(s, &public, fault);

	if (r == 0)
		r = key_name(public, s->id, fault);
	json_decref(public);
	return r;
}

int secret_make(struct secret **ret, struct fault *fault)
{
	_drop_(drop_secret) struct secret *s = NULL;
	int r = secret_new(&s, fault), code;

	if (r < 0)
		return r;
	code = mbedtls_pk_setup(&s->pk, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
	if (code == 0)
		code = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(s->pk),
					   mbedtls_ctr_drbg_random, &s->random);
	if (code)
		return fail(fault, "making a key", code);
	r = name_it(s, fault);
	if (r == 0)
		*ret = take(s);
	return r;
}

static int parse_pem(struct secret *s, const char *pem, size_t len)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_pk_parse_key(&s->pk, (const uint8_t *)pem, len + 1, NULL, 0,
				    mbedtls_ctr_drbg_random, &s->random);
#else
	return mbedtls_pk_parse_key(&s->pk, (const uint8_t *)pem, len + 1, NULL, 0);
#endif
}

int secret_load(int dir, const char *name, struct secret **ret, struct fault *fault)
{
	_drop_(drop_secret) struct secret *s = NULL;
	char *pem = NULL;
	size_t len;
	int r, code;

	r = secret_new(&s, fault);
	if (r == 0)
		r = io_read(dir, name, PEM_MAX, &pem, &len);
	if (r < 0)
		return fault_set(fault, r, "%s: %s", name, strerror(-r));
	code = parse_pem(s, pem, len);
	mbedtls_platform_zeroize(pem, len);
	free(pem);
	if (code)
		return fault_set(fault, -EINVAL, "%s: not a private key in PEM", name);
	r = name_it(s, fault);
	if (r == 0)
		*ret = take(s);
	return r;
}

int secret_store(struct secret *s, int dir, const char *name, struct fault *fault)
{
	_close_ int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	uint8_t pem[PEM_MAX];
	int r = 0, code;

	if (fd < 0)
		return fault_set(fault, -errno, "%s: %s", name, strerror(errno));
	code = mbedtls_pk_write_key_pem(&s->pk, pem, sizeof(pem));
	if (code)
		return fail(fault, "writing a key", code);
	r = io_write(fd, pem, strlen((char *)pem));
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	mbedtls_platform_zeroize(pem, sizeof(pem));
	return r < 0 ? fault_set(fault, r, "%s: %s", name, strerror(-r)) : 0;
}

int secret_public(struct secret *s, json_t **ret, struct fault *fault)
{
	uint8_t pem[PEM_MAX];
	int code = mbedtls_pk_write_pubkey_pem(&s->pk, pem, sizeof(pem));

	if (code)
		return fail(fault, "writing a public key", code);
	*ret = json_pack("{s:s, s:s, s:{s:s}}", "keytype", "ecdsa", "scheme", "ecdsa-sha2-nistp256",
			 "keyval", "public", pem);
	return *ret ? 0 : -ENOMEM;
}

const char *secret_id(const struct secret *s)
{
	return s->id;
}

static int sign_hash(struct secret *s, const uint8_t *hash, uint8_t *sig, size_t room, size_t *n)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_pk_sign(&s->pk, MBEDTLS_MD_SHA256, hash, 32, sig, room, n,
			       mbedtls_ctr_drbg_random, &s->random);
#else
	(void)room;
	return mbedtls_pk_sign(&s->pk, MBEDTLS_MD_SHA256, hash, 32, sig, n, mbedtls_ctr_drbg_random,
			       &s->random);
#endif
}

int secret_sign(struct secret *s, const char *data, size_t len, char **ret, struct fault *fault)
{
	uint8_t hash[DIGEST_MAX], sig[MBEDTLS_PK_SIGNATURE_MAX_SIZE];
	size_t n = 0;
	char *hex;
	int r, code;

	r = digest_make(DIGEST_SHA256, data, len, hash);
	if (r < 0)
		return r;
	code = sign_hash(s, hash, sig, sizeof(sig), &n);
	if (code)
		return fail(fault, "signing", code);
	hex = malloc(2 * n + 1);
	if (!hex)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		sprintf(hex + 2 * i, "%02x", sig[i]);
	*ret = hex;
	return 0;
}
