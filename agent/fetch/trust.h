/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom we believe and who we are: what all connections of a session share. */
#pragma once

#include "agent/base/cleanup.h"
#include "agent/base/err.h"

struct mbedtls_ssl_config;
struct trust;

/*
 * Reads the CA file (PEM, one certificate at least) and, unless they are -1, the
 * client's certificate chain and its unencrypted key (PEM).  Descriptors stay the
 * caller's.  -EINVAL or what reading said, with the reason.
 */
int trust_new(int ca, int cert, int key, struct trust **ret, struct fault *fault);
void trust_free(struct trust *t);
DEFINE_DROP(trust, trust_free)

/* Lives as long as the trust it belongs to. */
const struct mbedtls_ssl_config *trust_config(const struct trust *t);
