// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys of every kind, sealed and not, as openssl makes and reads them. */
#include <errno.h>
#include <limits.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "policy/json.h"
#include "policy/publisher/pkcs8.h"
#include "policy/publisher/secret.h"
#include "tests/unit/publisher-lab.h"
#include "tests/unit/test.h"

#define FAST 100 /* rounds */

static const struct blob phrase = { (uint8_t *)"correct horse", 13 };

/* It signs, and what it signs fits the public half that metadata would list. */
static void assert_signs(struct secret *s, const char *scheme)
{
	_drop_(drop_key) struct key *k = NULL;
	_drop_(drop_json) json_t *public = NULL;
	_free_ char *sig = NULL;

	assert_int_equal(secret_public(s, &public, NULL), 0);
	assert_string_equal(json_string_value(json_object_get(public, "scheme")), scheme);
	assert_int_equal(key_parse(secret_id(s), public, &k, NULL), 0);
	assert_int_equal(secret_sign(s, "abc", 3, &sig, NULL), 0);
	assert_true(key_verify(k, "abc", 3, sig));
	assert_false(key_verify(k, "abd", 3, sig));
}

static const struct {
	const char *make, *scheme;
} made_elsewhere[] = {
	{ "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", "ecdsa-sha2-nistp256" },
	{ "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384", "ecdsa-sha2-nistp384" },
	{ "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", "rsassa-pss-sha256" },
	{ "ecparam -name prime256v1 -genkey", "ecdsa-sha2-nistp256" }, /* SEC 1 */
#ifdef CONFIG_POLICY_ED25519
	{ "genpkey -algorithm ED25519", "ed25519" },
#endif
};

static void test_keys_made_elsewhere(void **state)
{
	static const char *const seals[] = {
		"-v2 aes-256-cbc",
		"-v2 aes-128-cbc -v2prf hmacWithSHA1",
		"-v2 aes-192-cbc -v2prf hmacWithSHA512 -iter 5000",
	};
	struct lab *l = *state;

	for (size_t i = 0; i < COUNT(made_elsewhere); i++) {
		char command[500];
		struct secret *s;

		snprintf(command, sizeof(command), "openssl %s -out k.pem", made_elsewhere[i].make);
		expect(l, command, 0, "");
		assert_int_equal(secret_open(l->dir, "k.pem", NULL, &s, NULL), 0);
		assert_signs(s, made_elsewhere[i].scheme);
		secret_free(s);
		for (size_t k = 0; k < COUNT(seals); k++) {
			const struct blob wrong = { (uint8_t *)"correct hors", 12 };

			snprintf(command, sizeof(command),
				 "openssl pkcs8 -topk8 -in k.pem -out s.pem %s -passout "
				 "'pass:correct horse'",
				 seals[k]);
			expect(l, command, 0, "");
			assert_int_equal(secret_open(l->dir, "s.pem", NULL, &s, NULL), -ENOKEY);
			assert_int_equal(secret_open(l->dir, "s.pem", &wrong, &s, NULL),
					 -EKEYREJECTED);
			assert_int_equal(secret_open(l->dir, "s.pem", &phrase, &s, NULL), 0);
			assert_signs(s, made_elsewhere[i].scheme);
			secret_free(s);
		}
	}
}

static void test_keys_not_fit(void **state)
{
	static const struct {
		const char *make, *words;
		int err;
	} rows[] = {
		{ "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out k.pem",
		  "is no public key of P-256", -EINVAL },
		{ "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out k.pem",
		  "RSA from 2048 bits on", -EINVAL },
		{ "openssl genpkey -algorithm X25519 -out k.pem", "k.pem: is no", -EINVAL },
		{ "echo nothing >k.pem", "not a private key in PEM", -EINVAL },
		{ "openssl ecparam -name prime256v1 -genkey -noout | openssl ec -aes128 -passout "
		  "pass:x -out k.pem",
		  "sealed in the old way", -EINVAL },
		{ "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | openssl pkcs8 "
		  "-topk8 -v2 camellia-256-cbc -passout 'pass:correct horse' -out k.pem",
		  "in another way", -ENOTSUP },
		{ "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | openssl pkcs8 "
		  "-topk8 -scrypt -passout 'pass:correct horse' -out k.pem",
		  "in another way", -ENOTSUP },
		{ "rm k.pem", "k.pem: No such file", -ENOENT },
	};
	struct lab *l = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fault fault = { 0 };
		struct secret *s;
		int r;

		assert_int_equal(sh(l, rows[i].make), 0);
		r = secret_open(l->dir, "k.pem", &phrase, &s, &fault);
		if (r != rows[i].err || !strstr(fault.why, rows[i].words))
			fail_msg("%s: %d, \"%s\"", rows[i].make, r, fault.why);
	}
}

/* What is sealed here, openssl opens. */
static void test_seal(void **state)
{
	struct lab *l = *state;

	for (size_t n = 1; n < 40; n++) {
		struct blob key = { calloc(1, n + 2), n + 2 }, sealed, open;

		key.data[0] = 0x30;
		key.data[1] = (uint8_t)n;
		assert_int_equal(pkcs8_seal(&key, &phrase, FAST, &sealed), 0);
		assert_int_equal(pkcs8_open(&sealed, &phrase, FAST, &open, NULL), 0);
		assert_int_equal(open.len, key.len);
		assert_memory_equal(open.data, key.data, key.len);
		blob_clear(&open);
		assert_int_equal(pkcs8_open(&sealed, &phrase, FAST - 1, &open, NULL), -EINVAL);
		/* Cut short or changed anywhere, it is refused or opens as nothing else. */
		for (size_t i = 0; i < sealed.len; i++) {
			struct blob cut = { sealed.data, i };

			assert_true(pkcs8_open(&cut, &phrase, FAST, &open, NULL) < 0);
		}
		blob_clear(&sealed);
		blob_clear(&key);
	}
	expect(l, "$P keygen --no-passphrase k.pem && openssl pkey -in k.pem -pubout | cmp - k.pub",
	       0, "");
	expect(l,
	       "$P keygen --no-passphrase --type p384 l.pem && openssl pkey -in l.pem -pubout | "
	       "cmp - l.pub",
	       0, "");
#ifdef CONFIG_POLICY_ED25519
	expect(l,
	       "$P keygen --no-passphrase --type ed25519 e.pem && openssl pkey -in e.pem -pubout | "
	       "cmp - e.pub",
	       0, "");
#endif
	expect(l, "$P keygen --no-passphrase k.pem", 1, "no key was made: k.pem: File exists");
	expect(l, "$P keygen --type dsa x.pem", 1, "no keys of the type dsa; there are p256");
}

/* Types at a prompt as a person would, waiting for it each time; the exit status. */
static int type_at(struct lab *l, char *const argv[], const char *const *lines, char *seen,
		   size_t room)
{
	size_t n = 0;
	int tty, status;
	pid_t pid = forkpty(&tty, NULL, NULL, NULL);

	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(60); /* whatever it waits for */
		if (fchdir(l->dir) == 0)
			execv(argv[0], argv);
		_exit(127);
	}
	for (;;) {
		ssize_t got = read(tty, seen + n, room - 1 - n);

		if (got <= 0)
			break;
		n += (size_t)got;
		seen[n] = '\0';
		if (*lines && n > 2 && !strcmp(seen + n - 2, ": "))
			dprintf(tty, "%s\n", *lines++);
	}
	close(tty);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_terminal(void **state)
{
	static const char *const same[] = { "correct horse", "correct horse", NULL };
	static const char *const typo[] = { "correct horse", "correct house", NULL };
	static const char *const brief[] = { "short", NULL };
	static const char *const stop[] = { "corr\x03", NULL };
	static const struct {
		const char *const *lines;
		int status;
		const char *words;
	} rows[] = {
		{ typo, 1, "the two were not the same" },
		{ brief, 1, "a passphrase has at least 8 characters" },
		{ stop, 1, "given up" },
		{ same, 0, "New passphrase for k.pem" },
	};
	struct lab *l = *state;
	char self[PATH_MAX], tool[PATH_MAX + 40], seen[4096];
	char *argv[] = { tool, (char *)"keygen", (char *)"k.pem", NULL };
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct secret *s;

	assert_true(n > 0);
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(tool, sizeof(tool), "%s/../../policy/lazaret-policy", self);
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(type_at(l, argv, rows[i].lines, seen, sizeof(seen)),
				 rows[i].status);
		if (!strstr(seen, rows[i].words) || strstr(seen, "correct"))
			fail_msg("\"%s\" does not say \"%s\"", seen, rows[i].words);
	}
	assert_int_equal(secret_open(l->dir, "k.pem", &phrase, &s, NULL), 0);
	assert_signs(s, "ecdsa-sha2-nistp256");
	secret_free(s);
	expect(l, "openssl pkey -in k.pem -passin 'pass:correct horse' -pubout | cmp - k.pub", 0,
	       "");
	expect(l, "! grep -q 'BEGIN PRIVATE' k.pem && stat -c %a k.pem", 0, "600\n");
	/* Without a terminal it says how else. */
	expect(l, "setsid -w $P keygen j.pem </dev/null", 1, "--passphrase-file FILE brings it");
	expect(l, "echo correct horse | $P keygen --passphrase-file /dev/fd/0 j.pem", 0, "");
	expect(l, "echo | $P keygen --passphrase-file /dev/fd/0 i.pem", 1,
	       "its first line is empty");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_keys_made_elsewhere),
		ROW(test_keys_not_fit),
		ROW(test_seal),
		ROW(test_terminal),
	};

	return cmocka_run_group_tests_name("publisher", tests, NULL, NULL);
}
