/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom we believe and who we are: what all connections of a session share. */
#pragma once

#include "agent/base/cleanup.h"
#include "agent/base/err.h"

struct mbedtls_ssl_config;
struct trust;

/*
 * Takes the CA file, and reads, unless they are -1, the client's certificate chain and its
 * unencrypted key (PEM).  Descriptors stay the caller's.  -EINVAL or what reading said,
 * with the reason.
 */
int trust_new(int ca, int cert, int key, struct trust **ret, struct fault *fault);
void trust_free(struct trust *t);
DEFINE_DROP(trust, trust_free)

/*
 * Reads the CAs (PEM, one certificate at least), once: due before a server's certificate is
 * looked at.  A distribution has so many that a session that is resumed does without.
 */
int trust_load_ca(struct trust *t, struct fault *fault);

/* Lives as long as the trust it belongs to. */
const struct mbedtls_ssl_config *trust_config(const struct trust *t);
