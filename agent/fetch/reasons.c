// SPDX-License-Identifier: GPL-2.0-or-later
#include <mbedtls/error.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/fetch/compat.h"
#include "agent/fetch/reasons.h"

#define SAN_DNS	  (MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2) /* dNSName, RFC 5280 section 4.2.1.6 */
#define NAMES_MAX 3

static const struct {
	int code;
	const char *why;
} codes[] = {
	{ 0, "it is empty" },
	{ MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE,
	  "the server refused the TLS connection (it may demand a client certificate, refuse ours, "
	  "or share no version and cipher with us)" },
	{ MBEDTLS_ERR_SSL_INVALID_RECORD, "what answers there does not speak TLS" },
	{ MBEDTLS_ERR_SSL_INVALID_MAC, "a TLS record was damaged or forged on the way" },
	{ MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, "the server closed the connection" },
	{ MBEDTLS_ERR_SSL_ALLOC_FAILED, "out of memory" },
};

const char *reason_code(int code, char out[REASON_MAX])
{
	char text[REASON_MAX - 32];

	for (size_t i = 0; i < COUNT(codes); i++)
		if (codes[i].code == code) {
			snprintf(out, REASON_MAX, "%s", codes[i].why);
			return out;
		}
	mbedtls_strerror(code, text, sizeof(text));
	snprintf(out, REASON_MAX, "%s (-0x%04x)", text, (unsigned)-code);
	return out;
}

static void names_of(const mbedtls_x509_crt *cert, char *out, size_t room)
{
	const mbedtls_x509_sequence *san = &cert->subject_alt_names;
	size_t n = 0;
	int count = 0;

	out[0] = '\0';
	for (; san && n < room; san = san->next) {
		if ((san->buf.tag & 0xdf) != SAN_DNS)
			continue;
		if (++count > NAMES_MAX) {
			snprintf(out + n, room - n, ", ...");
			return;
		}
		n += (size_t)snprintf(out + n, room - n, "%s%.*s", count > 1 ? ", " : "",
				      (int)san->buf.len, (const char *)san->buf.p);
	}
	if (!count && mbedtls_x509_dn_gets(out, room, &cert->subject) <= 0)
		snprintf(out, room, "nobody");
}

static void say_untrusted(const mbedtls_x509_crt *cert, const char *which, char *out)
{
	char issuer[64];

	if (mbedtls_x509_dn_gets(issuer, sizeof(issuer), &cert->issuer) <= 0)
		snprintf(issuer, sizeof(issuer), "an unknown one");
	snprintf(out, REASON_MAX, "%s is of a CA that is not in the CA file: %s", which, issuer);
}

static void say_other_name(const mbedtls_x509_crt *cert, const char *which, char *out)
{
	char names[96];

	names_of(cert, names, sizeof(names));
	snprintf(out, REASON_MAX, "%s is for %s", which, names);
}

static void say_expired(const mbedtls_x509_crt *cert, const char *which, char *out)
{
	const mbedtls_x509_time *t = &cert->valid_to;

	snprintf(out, REASON_MAX, "%s expired on %04d-%02d-%02d", which, t->year, t->mon, t->day);
}

static void say_future(const mbedtls_x509_crt *cert, const char *which, char *out)
{
	const mbedtls_x509_time *t = &cert->valid_from;

	snprintf(out, REASON_MAX, "%s is valid from %04d-%02d-%02d on; is the clock right?", which,
		 t->year, t->mon, t->day);
}

static void say_weak(const mbedtls_x509_crt *cert, const char *which, char *out)
{
	(void)cert;
	snprintf(out, REASON_MAX, "%s has a key or signature too weak to trust", which);
}

static void say_misused(const mbedtls_x509_crt *cert, const char *which, char *out)
{
	(void)cert;
	snprintf(out, REASON_MAX, "%s is not made for this use (key usage)", which);
}

/* In this order: what an untrusted certificate says besides does not matter. */
static const struct {
	uint32_t flags;
	void (*say)(const mbedtls_x509_crt *cert, const char *which, char *out);
} verdicts[] = {
	{ MBEDTLS_X509_BADCERT_NOT_TRUSTED, say_untrusted },
	{ MBEDTLS_X509_BADCERT_CN_MISMATCH, say_other_name },
	{ MBEDTLS_X509_BADCERT_EXPIRED, say_expired },
	{ MBEDTLS_X509_BADCERT_FUTURE, say_future },
	{ MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY,
	  say_weak },
	{ MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
		  MBEDTLS_X509_BADCERT_NS_CERT_TYPE,
	  say_misused },
};

const char *reason_cert(const struct mbedtls_x509_crt *cert, int depth, uint32_t flags,
			char out[REASON_MAX])
{
	const char *which = depth ? "the certificate of the CA" : "the certificate";

	for (size_t i = 0; i < COUNT(verdicts); i++)
		if (flags & verdicts[i].flags) {
			verdicts[i].say(cert, which, out);
			return out;
		}
	snprintf(out, REASON_MAX, "%s is refused (flags 0x%x)", which, flags);
	return out;
}
