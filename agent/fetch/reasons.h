/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mbedTLS's codes in words for people. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define REASON_MAX 160

struct mbedtls_x509_crt;

/* What an answer of mbedTLS means; 0 is "it is empty". */
const char *reason_code(int code, char out[REASON_MAX]);

/*
 * Why a certificate is refused, from the MBEDTLS_X509_BADCERT_* flags; the gravest
 * one when there are several.  depth is 0 for the server's own, more towards the CA.
 */
const char *reason_cert(const struct mbedtls_x509_crt *cert, int depth, uint32_t flags,
			char out[REASON_MAX]);
