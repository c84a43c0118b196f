// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "policy/digest.h"
#include "policy/json.h"
#include "policy/publisher/pem.h"
#include "policy/publisher/public.h"
#include "policy/publisher/secret.h"

#define LABEL	    "PUBLIC KEY"
#define ED25519_LEN 32

/* What precedes an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410 section 4). */
static const uint8_t ed25519_head[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
					0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };

/* In the order in which they are tried: what policy/key.h takes is what it is. */
static const struct {
	const char *keytype, *scheme;
} schemes[] = {
	{ "ecdsa", "ecdsa-sha2-nistp256" },
	{ "ecdsa", "ecdsa-sha2-nistp384" },
	{ "rsa", "rsassa-pss-sha256" },
	{ "ed25519", "ed25519" },
};

static int try_scheme(size_t i, const char *public, json_t **ret, char id[KEY_ID_TEXT])
{
	_drop_(drop_json) json_t *object = json_pack("{s:s, s:s, s:{s:s}}", "keytype",
						     schemes[i].keytype, "scheme",
						     schemes[i].scheme, "keyval", "public", public);
	_drop_(drop_key) struct key *k = NULL;
	int r = object ? key_name(object, id, NULL) : -ENOMEM;

	if (r == 0)
		r = key_parse(id, object, &k, NULL);
	if (r == 0)
		*ret = take(object);
	return r;
}

static bool is_ed25519(const struct blob *der)
{
	return der->len == sizeof(ed25519_head) + ED25519_LEN &&
	       !memcmp(der->data, ed25519_head, sizeof(ed25519_head));
}

static void hex_of(const uint8_t *raw, char *hex)
{
	for (size_t i = 0; i < ED25519_LEN; i++)
		sprintf(hex + 2 * i, "%02x", raw[i]);
}

int public_read(const char *pem, json_t **ret, char id[KEY_ID_TEXT], struct fault *fault)
{
	_wipe_ struct blob der = { 0 }, text = { 0 };
	char hex[2 * ED25519_LEN + 1];
	int r = pem_read(pem, LABEL, &der);

	if (r == 0)
		r = pem_write(LABEL, &der, &text); /* one key, one text, and so one id */
	if (r == 0 && is_ed25519(&der))
		hex_of(der.data + sizeof(ed25519_head), hex);
	for (size_t i = 0; r == 0 && i < COUNT(schemes); i++) {
		int tried = try_scheme(i, is_ed25519(&der) ? hex : (char *)text.data, ret, id);

		if (tried == 0 || tried == -ENOMEM)
			return tried;
	}
	return fault_set(fault, r == -ENOMEM ? r : -EINVAL,
			 "is no public key of P-256, P-384, RSA from 2048 bits on, or Ed25519");
}

static int load_private(int dir, const char *name, json_t **ret, char id[KEY_ID_TEXT],
			struct fault *fault)
{
	_drop_(drop_secret) struct secret *s = NULL;
	int r = secret_open(dir, name, NULL, &s, fault);

	if (r < 0)
		return r;
	strcpy(id, secret_id(s));
	return secret_public(s, ret, fault);
}

int public_load(int dir, const char *name, json_t **ret, char id[KEY_ID_TEXT], struct fault *fault)
{
	_free_ char *text = NULL;
	size_t len;
	int r = io_read(dir, name, PEM_MAX, &text, &len);

	if (r < 0)
		return fault_set(fault, r, "%s: %s", name, strerror(-r));
	if (!strstr(text, "-----BEGIN " LABEL "-----")) {
		explicit_bzero(text, len);
		return load_private(dir, name, ret, id, fault);
	}
	r = public_read(text, ret, id, fault);
	if (r < 0)
		fault_prefix(fault, "%s", name);
	return r;
}

int public_write(json_t *object, char **ret)
{
	const char *public =
		json_string_value(json_object_get(json_object_get(object, "keyval"), "public"));
	uint8_t raw[sizeof(ed25519_head) + ED25519_LEN];
	struct blob der = { raw, sizeof(raw) }, text = { 0 };
	int r;

	if (strcmp(json_string_value(json_object_get(object, "keytype")), "ed25519") != 0) {
		*ret = strdup(public);
		return *ret ? 0 : -ENOMEM;
	}
	memcpy(raw, ed25519_head, sizeof(ed25519_head));
	if (digest_unhex(public, raw + sizeof(ed25519_head), ED25519_LEN) != ED25519_LEN)
		return -EINVAL;
	r = pem_write(LABEL, &der, &text);
	if (r == 0)
		*ret = (char *)text.data;
	return r;
}
