// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>

#include "agent/base/io.h"
#include "agent/fetch/compat.h"
#include "agent/fetch/reasons.h"
#include "agent/fetch/trust.h"

#define PEM_MAX (1024 * 1024) /* the CAs of a whole distribution are a quarter of that */

struct trust {
	mbedtls_ssl_config conf;
	int ca_file; /* -1 once it was read */
	mbedtls_x509_crt ca, cert;
	mbedtls_pk_context key;
};

/* Forward secrecy and authenticated encryption, nothing else. */
static const int suites[] = {
	COMPAT_TLS13_SUITES /* with a comma of its own, or nothing */
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	0,
};

/* The kernel's generator as it is: no state of ours that a fork or a snapshot could repeat. */
static int random_bytes(void *ctx, unsigned char *out, size_t len)
{
	(void)ctx;
	while (len) {
		ssize_t n = getrandom(out, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return MBEDTLS_ERR_SSL_NO_RNG;
		out += n;
		len -= (size_t)n;
	}
	return 0;
}

struct pem {
	char *text;
	size_t len;
};

static void pem_wipe(struct pem *p)
{
	if (p->text)
		explicit_bzero(p->text, p->len);
	free(p->text);
}

static int pem_read(int fd, const char *what, struct pem *ret, struct fault *fault)
{
	int r = io_read_fd(fd, PEM_MAX, &ret->text, &ret->len);

	if (r < 0)
		return fault_set(fault, r, "the %s cannot be read: %s", what, strerror(-r));
	ret->len++; /* mbedTLS knows PEM by the NUL being counted */
	return 0;
}

static int load_certs(int fd, const char *what, mbedtls_x509_crt *to, struct fault *fault)
{
	_drop_(pem_wipe) struct pem pem = { 0 };
	char why[REASON_MAX];
	int r = pem_read(fd, what, &pem, fault);

	if (r < 0)
		return r;
	/* A positive answer counts the certificates of a kind it does not know: trusted less, not
	 * more. */
	r = mbedtls_x509_crt_parse(to, (unsigned char *)pem.text, pem.len);
	if (r < 0 || !to->raw.len)
		return fault_set(fault, -EINVAL, "the %s holds no certificate in PEM form: %s",
				 what, reason_code(r, why));
	return 0;
}

static int load_key(struct trust *t, int fd, struct fault *fault)
{
	_drop_(pem_wipe) struct pem pem = { 0 };
	char why[REASON_MAX];
	int r = pem_read(fd, "client key", &pem, fault);

	if (r < 0)
		return r;
	r = compat_parse_key(&t->key, (unsigned char *)pem.text, pem.len, random_bytes);
	if (r)
		return fault_set(fault, -EINVAL,
				 "the client key is not an unencrypted key in PEM form: %s",
				 reason_code(r, why));
	r = compat_check_pair(&t->cert.pk, &t->key, random_bytes);
	if (r)
		return fault_set(fault, -EINVAL,
				 "the client key does not belong to the client certificate");
	return 0;
}

static int configure(struct trust *t, bool client, struct fault *fault)
{
	mbedtls_ssl_config *conf = &t->conf;

	if (mbedtls_ssl_config_defaults(conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
					MBEDTLS_SSL_PRESET_DEFAULT))
		return fault_set(fault, -ENOMEM, "mbedTLS cannot be set up");
	compat_tls12_at_least(conf);
	compat_order_signatures(conf);
	compat_order_curves(conf);
	mbedtls_ssl_conf_ciphersuites(conf, suites);
	mbedtls_ssl_conf_rng(conf, random_bytes, NULL);
	mbedtls_ssl_conf_authmode(conf, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_ca_chain(conf, &t->ca, NULL);
	compat_want_tickets(conf);
	if (client && mbedtls_ssl_conf_own_cert(conf, &t->cert, &t->key))
		return fault_set(fault, -ENOMEM, "mbedTLS does not take the client certificate");
	return 0;
}

int trust_new(int ca, int cert, int key, struct trust **ret, struct fault *fault)
{
	_drop_(drop_trust) struct trust *t = calloc(1, sizeof(*t));
	int r = 0;

	if (!t)
		return fault_set(fault, -ENOMEM, "out of memory");
	t->ca_file = -1;
	mbedtls_ssl_config_init(&t->conf);
	mbedtls_x509_crt_init(&t->ca);
	mbedtls_x509_crt_init(&t->cert);
	mbedtls_pk_init(&t->key);
	if (!compat_start())
		return fault_set(fault, -EIO, "mbedTLS's cryptography does not start");
	t->ca_file = fcntl(ca, F_DUPFD_CLOEXEC, 3);
	if (t->ca_file < 0)
		return fault_set(fault, -errno, "the CA file cannot be read: %m");
	if (cert >= 0)
		r = load_certs(cert, "client certificate", &t->cert, fault);
	if (r == 0 && cert >= 0)
		r = load_key(t, key, fault);
	if (r == 0)
		r = configure(t, cert >= 0, fault);
	if (r < 0)
		return r;
	*ret = take(t);
	return 0;
}

int trust_load_ca(struct trust *t, struct fault *fault)
{
	int r = t->ca_file < 0 ? 0 : load_certs(t->ca_file, "CA file", &t->ca, fault);

	if (r == 0) {
		drop_fd(&t->ca_file);
		t->ca_file = -1;
	}
	return r;
}

void trust_free(struct trust *t)
{
	drop_fd(&t->ca_file);
	mbedtls_ssl_config_free(&t->conf);
	mbedtls_x509_crt_free(&t->ca);
	mbedtls_x509_crt_free(&t->cert);
	mbedtls_pk_free(&t->key); /* wipes it */
	free(t);
}

const struct mbedtls_ssl_config *trust_config(const struct trust *t)
{
	return &t->conf;
}
