// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <mbedtls/version.h>
#ifdef CONFIG_POLICY_ED25519
#include <sodium.h>
#endif
#include <stdio.h>

#include "agent/base/count.h"
#include "agent/base/io.h"
#include "policy/digest.h"
#include "policy/json.h"
#include "policy/publisher/mint.h"
#include "policy/publisher/pem.h"
#include "policy/publisher/pkcs8.h"
#include "policy/publisher/public.h"
#include "policy/publisher/secret.h"

#define PLAIN_LABEL  "PRIVATE KEY"
#define SEALED_LABEL "ENCRYPTED PRIVATE KEY"

struct secret {
	const struct way *way;
	mbedtls_pk_context pk;
	uint8_t ed25519[2 * MINT_SEED];
	struct blob der; /* of a key made here, until it is stored */
	json_t *public;
	char id[KEY_ID_TEXT];
};

/* How a scheme signs, into a room of KEY_SIG_MAX; 0 or what mbedTLS says. */
struct way {
	const char *scheme;
	mbedtls_md_type_t md;
	int (*sign)(struct secret *s, const char *data, size_t len, uint8_t *sig, size_t *n);
};

static int fail(struct fault *fault, const char *what, int code)
{
	return fault_set(fault, -EIO, "%s failed in mbedTLS with -0x%04x", what, (unsigned)-code);
}

static int sign_hash(struct secret *s, const char *data, size_t len, uint8_t *sig, size_t *n)
{
	const mbedtls_md_info_t *md = mbedtls_md_info_from_type(s->way->md);
	uint8_t hash[DIGEST_MAX];
	int r = mbedtls_md(md, (const uint8_t *)data, len, hash);

	if (r)
		return r;
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_pk_sign(&s->pk, s->way->md, hash, mbedtls_md_get_size(md), sig, KEY_SIG_MAX,
			       n, mint_random, NULL);
#else
	return mbedtls_pk_sign(&s->pk, s->way->md, hash, mbedtls_md_get_size(md), sig, n,
			       mint_random, NULL);
#endif
}

static int sign_pss(struct secret *s, const char *data, size_t len, uint8_t *sig, size_t *n)
{
	(void)mbedtls_rsa_set_padding(mbedtls_pk_rsa(s->pk), MBEDTLS_RSA_PKCS_V21, s->way->md);
	return sign_hash(s, data, len, sig, n);
}

#ifdef CONFIG_POLICY_ED25519
static int sign_ed25519(struct secret *s, const char *data, size_t len, uint8_t *sig, size_t *n)
{
	*n = crypto_sign_ed25519_BYTES;
	return crypto_sign_ed25519_detached(sig, NULL, (const uint8_t *)data, len, s->ed25519);
}
#endif

static const struct way ways[] = {
	{ "ecdsa-sha2-nistp256", MBEDTLS_MD_SHA256, sign_hash },
	{ "ecdsa-sha2-nistp384", MBEDTLS_MD_SHA384, sign_hash },
	{ "rsassa-pss-sha256", MBEDTLS_MD_SHA256, sign_pss },
#ifdef CONFIG_POLICY_ED25519
	{ "ed25519", MBEDTLS_MD_NONE, sign_ed25519 },
#endif
};

static const struct way *way_of(json_t *public)
{
	const char *scheme = json_string_value(json_object_get(public, "scheme"));

	for (size_t i = 0; i < COUNT(ways); i++)
		if (!strcmp(ways[i].scheme, scheme))
			return &ways[i];
	return NULL;
}

static bool is_ed25519(const struct blob *der)
{
	return der->len == MINT_ED25519_HEAD + MINT_SEED &&
	       !memcmp(der->data, mint_ed25519_head, MINT_ED25519_HEAD);
}

/* Either half of an Ed25519 key as the other kinds give it: the public one in PEM. */
static int open_ed25519(struct secret *s, const struct blob *der, char pem[PEM_MAX])
{
#ifdef CONFIG_POLICY_ED25519
	uint8_t public[MINT_SEED];
	char hex[2 * MINT_SEED + 1];
	_drop_(drop_json) json_t *object = NULL;
	_free_ char *text = NULL;
	int r;

	if (sodium_init() < 0 ||
	    crypto_sign_ed25519_seed_keypair(public, s->ed25519, der->data + MINT_ED25519_HEAD))
		return -EIO;
	sodium_bin2hex(hex, sizeof(hex), public, sizeof(public));
	object = json_pack("{s:s, s:{s:s}}", "keytype", "ed25519", "keyval", "public", hex);
	r = object ? public_write(object, &text) : -ENOMEM;
	if (r == 0)
		snprintf(pem, PEM_MAX, "%s", text);
	return r;
#else
	(void)s, (void)der, (void)pem;
	return -ENOTSUP;
#endif
}

static int open_pk(struct secret *s, const struct blob *der, char pem[PEM_MAX])
{
#if MBEDTLS_VERSION_MAJOR >= 3
	int code = mbedtls_pk_parse_key(&s->pk, der->data, der->len, NULL, 0, mint_random, NULL);
#else
	int code = mbedtls_pk_parse_key(&s->pk, der->data, der->len, NULL, 0);
#endif

	return code || mbedtls_pk_write_pubkey_pem(&s->pk, (uint8_t *)pem, PEM_MAX) ? -EINVAL : 0;
}

/* A PrivateKeyInfo or, of older files, an ECPrivateKey or RSAPrivateKey. */
static int open_der(const struct blob *der, struct secret **ret, struct fault *fault)
{
	_drop_(drop_secret) struct secret *s = calloc(1, sizeof(*s));
	char pem[PEM_MAX];
	int r;

	if (!s)
		return -ENOMEM;
	mbedtls_pk_init(&s->pk);
	r = is_ed25519(der) ? open_ed25519(s, der, pem) : open_pk(s, der, pem);
	if (r < 0)
		return fault_set(fault, r,
				 r == -ENOTSUP ? "is an Ed25519 key, which this build has not"
					       : "is not a private key");
	r = public_read(pem, &s->public, s->id, fault);
	if (r < 0)
		return r;
	s->way = way_of(s->public);
	*ret = take(s);
	return 0;
}

struct secret *secret_free(struct secret *s)
{
	if (s) {
		mbedtls_pk_free(&s->pk);
		explicit_bzero(s->ed25519, sizeof(s->ed25519));
		blob_clear(&s->der);
		json_decref(s->public);
		free(s);
	}
	return NULL;
}

int secret_make_type(const char *type, struct secret **ret, struct fault *fault)
{
	_wipe_ struct blob der = { 0 };
	int r = mint_key(type, &der, fault);

	if (r == 0)
		r = open_der(&der, ret, fault);
	if (r < 0)
		return r;
	(*ret)->der = der;
	der = (struct blob){ 0 };
	return 0;
}

int secret_make(struct secret **ret, struct fault *fault)
{
	return secret_make_type("p256", ret, fault);
}

/* The first block that is a private key of a known form, unsealed. */
static int unseal(const char *pem, const struct blob *phrase, struct blob *ret, struct fault *fault)
{
	static const char *const labels[] = { PLAIN_LABEL, "EC PRIVATE KEY", "RSA PRIVATE KEY" };
	_wipe_ struct blob sealed = { 0 };
	int r = pem_read(pem, SEALED_LABEL, &sealed);

	if (r == 0)
		return phrase ? pkcs8_open(&sealed, phrase, PKCS8_ROUNDS_MAX, ret, fault)
			      : fault_set(fault, -ENOKEY, "is sealed with a passphrase");
	for (size_t i = 0; r == -ENOENT && i < COUNT(labels); i++)
		r = pem_read(pem, labels[i], ret);
	if (r == -EINVAL && strstr(pem, "Proc-Type: 4,ENCRYPTED"))
		return fault_set(fault, r,
				 "is sealed in the old way; `openssl pkcs8 -topk8` mends that");
	return r < 0 ? fault_set(fault, r == -ENOMEM ? r : -EINVAL, "not a private key in PEM") : 0;
}

int secret_open(int dir, const char *name, const struct blob *phrase, struct secret **ret,
		struct fault *fault)
{
	_wipe_ struct blob pem = { 0 }, der = { 0 };
	int r = io_read(dir, name, PEM_MAX, (char **)&pem.data, &pem.len);

	if (r < 0)
		return fault_set(fault, r, "%s: %s", name, strerror(-r));
	r = unseal((const char *)pem.data, phrase, &der, fault);
	if (r == 0)
		r = open_der(&der, ret, fault);
	if (r < 0)
		fault_prefix(fault, "%s", name);
	return r;
}

int secret_public_name(const char *name, char *out, size_t room)
{
	size_t len = strlen(name);

	if (len > 4 && !strcmp(name + len - 4, ".pem"))
		len -= 4;
	return snprintf(out, room, "%.*s" PUBLIC_END, (int)len, name) < (int)room ? 0
										  : -ENAMETOOLONG;
}

/* What waits under this name was cut off while it was written, and is nobody's. */
static int write_new(int dir, const char *name, mode_t mode, const void *data, size_t len)
{
	_close_ int fd = -1;
	int r;

	unlinkat(dir, name, 0);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	r = io_write(fd, data, len);
	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

/* Whole or not at all, since half a key would be in the way of all that the folder is for. */
static int put_file(int dir, const char *name, mode_t mode, const void *data, size_t len,
		    struct fault *fault)
{
	char beside[PATH_MAX];
	int r = 0;

	if (snprintf(beside, sizeof(beside), "%s.new", name) >= (int)sizeof(beside))
		r = -ENAMETOOLONG;
	if (r == 0)
		r = write_new(dir, beside, mode, data, len);
	if (r == 0 && linkat(dir, beside, dir, name, 0) < 0)
		r = -errno;
	/* Where there are no links, as on a stick's FAT. */
	if (r == -EPERM && renameat2(dir, beside, dir, name, RENAME_NOREPLACE) == 0)
		r = 0;
	unlinkat(dir, beside, 0);
	if (r == 0)
		r = io_sync_folder(dir, name);
	return r < 0 ? fault_set(fault, r, "%s: %s", name, strerror(-r)) : 0;
}

static int put_private(struct secret *s, int dir, const char *name, const struct blob *phrase,
		       struct fault *fault)
{
	_wipe_ struct blob sealed = { 0 }, pem = { 0 };
	int r = phrase ? pkcs8_seal(&s->der, phrase, PKCS8_ROUNDS, &sealed) : 0;

	if (r == 0)
		r = phrase ? pem_write(SEALED_LABEL, &sealed, &pem)
			   : pem_write(PLAIN_LABEL, &s->der, &pem);
	return r < 0 ? r : put_file(dir, name, 0600, pem.data, pem.len, fault);
}

/* The public half first: a sealed key without it would have to be opened to be known. */
int secret_store(struct secret *s, int dir, const char *name, const struct blob *phrase,
		 struct fault *fault)
{
	_free_ char *public = NULL;
	char public_name[NAME_MAX];
	int r = secret_public_name(name, public_name, sizeof(public_name));

	if (r == 0)
		r = public_write(s->public, &public);
	if (r == 0 && faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		r = fault_set(fault, -EEXIST, "%s: %s", name, strerror(EEXIST));
	if (r == 0)
		r = put_file(dir, public_name, 0644, public, strlen(public), fault);
	if (r < 0)
		return r;
	r = put_private(s, dir, name, phrase, fault);
	if (r < 0)
		unlinkat(dir, public_name, 0);
	return r;
}

int secret_public(struct secret *s, json_t **ret, struct fault *fault)
{
	(void)fault;
	*ret = json_deep_copy(s->public);
	return *ret ? 0 : -ENOMEM;
}

const char *secret_id(const struct secret *s)
{
	return s->id;
}

int secret_sign(struct secret *s, const char *data, size_t len, char **ret, struct fault *fault)
{
	uint8_t sig[KEY_SIG_MAX];
	size_t n = 0;
	char *hex;
	int code = s->way->sign(s, data, len, sig, &n);

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
