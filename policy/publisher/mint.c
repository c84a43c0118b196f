// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <mbedtls/asn1write.h>
#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>
#include <sys/random.h>

#include "agent/base/count.h"
#include "policy/publisher/mint.h"

#define DER_MAX	      512
#define SEQUENCE      (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)
#define OID_PUBLIC_EC "\x2a\x86\x48\xce\x3d\x02\x01"

struct oid {
	const char *bytes;
	size_t len;
};
static const struct oid p256 = { "\x2a\x86\x48\xce\x3d\x03\x01\x07", 8 };
static const struct oid p384 = { "\x2b\x81\x04\x00\x22", 5 };

const uint8_t mint_ed25519_head[MINT_ED25519_HEAD] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30,
						       0x05, 0x06, 0x03, 0x2b, 0x65, 0x70,
						       0x04, 0x22, 0x04, 0x20 };

/* The kernel's generator needs no seed of ours. */
int mint_random(void *ctx, unsigned char *out, size_t len)
{
	(void)ctx;
	while (len) {
		ssize_t n = getrandom(out, len, 0);

		if (n < 0)
			return -1;
		out += n;
		len -= (size_t)n;
	}
	return 0;
}

/* From the end: version, algorithm, and the ECPrivateKey as mbedTLS writes it (RFC 5958). */
static int wrap_ec(mbedtls_pk_context *pk, const struct oid *curve, uint8_t *start, uint8_t *end)
{
	uint8_t *p = end;
	size_t len = 0;
	int ret = mbedtls_pk_write_key_der(pk, start, (size_t)(end - start));

	if (ret < 0)
		return ret;
	p -= ret; /* mbedTLS wrote it at the end of the room, too */
	len = (size_t)ret;
	MBEDTLS_ASN1_CHK_ADD(len, mbedtls_asn1_write_len(&p, start, len));
	MBEDTLS_ASN1_CHK_ADD(len, mbedtls_asn1_write_tag(&p, start, MBEDTLS_ASN1_OCTET_STRING));
	ret = mbedtls_asn1_write_oid(&p, start, curve->bytes, curve->len);
	if (ret < 0)
		return ret;
	MBEDTLS_ASN1_CHK_ADD(len, mbedtls_asn1_write_algorithm_identifier(&p, start, OID_PUBLIC_EC,
									  strlen(OID_PUBLIC_EC),
									  (size_t)ret));
	MBEDTLS_ASN1_CHK_ADD(len, mbedtls_asn1_write_int(&p, start, 0));
	MBEDTLS_ASN1_CHK_ADD(len, mbedtls_asn1_write_len(&p, start, len));
	MBEDTLS_ASN1_CHK_ADD(len, mbedtls_asn1_write_tag(&p, start, SEQUENCE));
	return (int)len;
}

static int make_ec(mbedtls_ecp_group_id group, const struct oid *curve, struct blob *ret,
		   struct fault *fault)
{
	_wipe_ struct blob room = { calloc(1, DER_MAX), DER_MAX };
	mbedtls_pk_context pk;
	int n;

	if (!room.data)
		return -ENOMEM;
	mbedtls_pk_init(&pk);
	n = mbedtls_pk_setup(&pk, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
	if (n == 0)
		n = mbedtls_ecp_gen_key(group, mbedtls_pk_ec(pk), mint_random, NULL);
	if (n == 0)
		n = wrap_ec(&pk, curve, room.data, room.data + DER_MAX);
	mbedtls_pk_free(&pk);
	if (n < 0)
		return fault_set(fault, -EIO, "making a key failed in mbedTLS with -0x%04x",
				 (unsigned)-n);
	*ret = (struct blob){ malloc((size_t)n), (size_t)n };
	if (!ret->data)
		return -ENOMEM;
	memcpy(ret->data, room.data + DER_MAX - n, (size_t)n);
	return 0;
}

static int make_p256(struct blob *ret, struct fault *fault)
{
	return make_ec(MBEDTLS_ECP_DP_SECP256R1, &p256, ret, fault);
}

static int make_p384(struct blob *ret, struct fault *fault)
{
	return make_ec(MBEDTLS_ECP_DP_SECP384R1, &p384, ret, fault);
}

#ifdef CONFIG_POLICY_ED25519
static int make_ed25519(struct blob *ret, struct fault *fault)
{
	*ret = (struct blob){ malloc(MINT_ED25519_HEAD + MINT_SEED),
			      MINT_ED25519_HEAD + MINT_SEED };
	if (!ret->data)
		return -ENOMEM;
	memcpy(ret->data, mint_ed25519_head, MINT_ED25519_HEAD);
	if (mint_random(NULL, ret->data + MINT_ED25519_HEAD, MINT_SEED))
		return fault_set(fault, -EIO, "no random bytes to be had");
	return 0;
}
#endif

static const struct {
	const char *type;
	int (*make)(struct blob *ret, struct fault *fault);
} types[] = {
	{ "p256", make_p256 },
	{ "p384", make_p384 },
#ifdef CONFIG_POLICY_ED25519
	{ "ed25519", make_ed25519 },
#define TYPES "p256, p384, ed25519"
#else
#define TYPES "p256, p384"
#endif
};

int mint_key(const char *type, struct blob *ret, struct fault *fault)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (!strcmp(types[i].type, type))
			return types[i].make(ret, fault);
	return fault_set(fault, -EINVAL, "no keys of the type %.20s; there are %s", type, TYPES);
}
