/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mbedTLS 2.28 (TLS 1.2) and 3.6 (TLS 1.2 and 1.3) under one set of names. */
#pragma once

#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <mbedtls/version.h>
#include <stdbool.h>
#include <stdint.h>

#if MBEDTLS_VERSION_MAJOR >= 3
#include <psa/crypto.h>

static inline bool compat_start(void)
{
	return psa_crypto_init() == PSA_SUCCESS; /* TLS 1.3 computes through PSA */
}

static inline int compat_parse_key(mbedtls_pk_context *key, const unsigned char *text, size_t len,
				   int (*rng)(void *, unsigned char *, size_t))
{
	return mbedtls_pk_parse_key(key, text, len, NULL, 0, rng, NULL);
}

static inline int compat_check_pair(const mbedtls_pk_context *cert, const mbedtls_pk_context *key,
				    int (*rng)(void *, unsigned char *, size_t))
{
	return mbedtls_pk_check_pair(cert, key, rng, NULL);
}

static inline void compat_tls12_at_least(mbedtls_ssl_config *conf)
{
	mbedtls_ssl_conf_min_tls_version(conf, MBEDTLS_SSL_VERSION_TLS1_2);
}

#define COMPAT_TLS13_SUITES                                                   \
	MBEDTLS_TLS1_3_AES_128_GCM_SHA256, MBEDTLS_TLS1_3_AES_256_GCM_SHA384, \
		MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,

/*
 * 3.6.6 offers RSA-PSS before PKCS#1 and then refuses it from a TLS 1.2 server (fixed
 * upstream in the 3.6 branch).  Offered last, it is left to TLS 1.3, which knows no other.
 */
static inline void compat_order_signatures(mbedtls_ssl_config *conf)
{
	static const uint16_t algs[] = {
		MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256,
		MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
		MBEDTLS_TLS1_3_SIG_ECDSA_SECP521R1_SHA512,
		MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
		MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
		MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
		MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
		MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
		MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,
		MBEDTLS_TLS1_3_SIG_NONE,
	};

	mbedtls_ssl_conf_sig_algs(conf, algs);
}

static inline void compat_order_curves(mbedtls_ssl_config *conf)
{
	static const uint16_t groups[] = {
		MBEDTLS_SSL_IANA_TLS_GROUP_X25519,    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
		MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1,
		MBEDTLS_SSL_IANA_TLS_GROUP_NONE,
	};

	mbedtls_ssl_conf_groups(conf, groups);
}

/* Not a fault: a TLS 1.3 server handed out a ticket between records. */
#define compat_is_ticket(r) ((r) == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)

/*
 * The server's certificate comes next: the handshake is a whole one.  3.6 has no word for
 * that which can be asked, only the state itself.
 */
static inline bool compat_at_certificate(const mbedtls_ssl_context *ssl)
{
	return ssl->MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_SERVER_CERTIFICATE;
}

static inline bool compat_is_over(mbedtls_ssl_context *ssl)
{
	return mbedtls_ssl_is_handshake_over(ssl);
}

/* From 3.6.1 on it keeps tickets to itself unless it is told. */
static inline void compat_want_tickets(mbedtls_ssl_config *conf)
{
	mbedtls_ssl_conf_session_tickets(conf, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
#if MBEDTLS_VERSION_NUMBER >= 0x03060100
	mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
		conf, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
}

/* In TLS 1.2 the handshake makes a session that can be resumed; later on a ticket does. */
static inline bool compat_has_session(const mbedtls_ssl_context *ssl)
{
	return mbedtls_ssl_get_version_number(ssl) == MBEDTLS_SSL_VERSION_TLS1_2;
}

#else

static inline bool compat_start(void)
{
	return true;
}

static inline int compat_parse_key(mbedtls_pk_context *key, const unsigned char *text, size_t len,
				   int (*rng)(void *, unsigned char *, size_t))
{
	(void)rng;
	return mbedtls_pk_parse_key(key, text, len, NULL, 0);
}

static inline int compat_check_pair(const mbedtls_pk_context *cert, const mbedtls_pk_context *key,
				    int (*rng)(void *, unsigned char *, size_t))
{
	(void)rng;
	return mbedtls_pk_check_pair(cert, key);
}

static inline void compat_tls12_at_least(mbedtls_ssl_config *conf)
{
	mbedtls_ssl_conf_min_version(conf, MBEDTLS_SSL_MAJOR_VERSION_3,
				     MBEDTLS_SSL_MINOR_VERSION_3);
}

static inline void compat_order_signatures(mbedtls_ssl_config *conf)
{
	(void)conf;
}

/* 2.28 alone would offer the largest and slowest first, and many servers take the first. */
static inline void compat_order_curves(mbedtls_ssl_config *conf)
{
	static const mbedtls_ecp_group_id groups[] = {
		MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_SECP384R1,
		MBEDTLS_ECP_DP_SECP521R1,  MBEDTLS_ECP_DP_NONE,
	};

	mbedtls_ssl_conf_curves(conf, groups);
}

static inline bool compat_at_certificate(const mbedtls_ssl_context *ssl)
{
	return ssl->state == MBEDTLS_SSL_SERVER_CERTIFICATE;
}

static inline bool compat_is_over(const mbedtls_ssl_context *ssl)
{
	return ssl->state == MBEDTLS_SSL_HANDSHAKE_OVER;
}

static inline void compat_want_tickets(mbedtls_ssl_config *conf)
{
	mbedtls_ssl_conf_session_tickets(conf, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
}

#define COMPAT_TLS13_SUITES
#define compat_is_ticket(r)	((void)(r), false)
#define compat_has_session(ssl) ((void)(ssl), true)

#endif
