// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys of every kind, sealed and not, as openssl makes and reads them; and the real program. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "agent/base/count.h"
#include "agent/base/io.h"
#include "policy/json.h"
#include "policy/publisher/pem.h"
#include "policy/publisher/pkcs8.h"
#include "policy/publisher/public.h"
#include "policy/publisher/secret.h"
#include "tests/unit/test.h"

#define FAST	 100 /* rounds */
#define FILE_MAX 65536

struct lab {
	char path[40];
	int dir;
};

static const struct blob phrase = { (uint8_t *)"correct horse", 13 };

/* $P is the program. */
static int sh(struct lab *l, const char *command)
{
	char text[6000], self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int status;

	assert_true(n > 0);
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	assert_true(snprintf(text, sizeof(text),
			     "exec >out 2>&1; cd %s; P=%s/../../policy/lazaret-policy; %s", l->path,
			     self, command) < (int)sizeof(text));
	assert_int_equal(fchdir(l->dir), 0);
	status = system(text);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void expect(struct lab *l, const char *command, int status, const char *words)
{
	_free_ char *text = NULL;
	size_t len;
	int is = sh(l, command);

	assert_int_equal(io_read(l->dir, "out", FILE_MAX, &text, &len), 0);
	if (is != status || !strstr(text, words))
		fail_msg("%s: status %d instead of %d: \"%s\" does not say \"%s\"", command, is,
			 status, text, words);
}

static int set_up(void **state)
{
	struct lab *l = calloc(1, sizeof(*l));

	strcpy(l->path, "/tmp/test-publisher.XXXXXX");
	assert_non_null(mkdtemp(l->path));
	l->dir = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = l;
	return 0;
}

static int tear_down(void **state)
{
	struct lab *l = *state;
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s", l->path);
	assert_int_equal(system(command), 0);
	close(l->dir);
	free(l);
	return 0;
}

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

#define POLICY                                                                               \
	"echo '{\"mode\":\"audit\",\"look_every\":\"5min\",\"requirements\":[{\"id\":\"f\"," \
	"\"check\":\"firewall\",\"grace\":\"0s\"}]}' >policy.json"
#define OPEN "--no-passphrase all"

/* Three people with keys of their own, two of whom must sign, each on another machine. */
static void test_signers(void **state)
{
	struct lab *l = *state;

	expect(l, POLICY "; for i in a b c; do $P keygen --no-passphrase $i.pem; done", 0, "");
	expect(l, "$P init --public targets=a.pub " OPEN " --threshold targets=2 repo", 1,
	       "a threshold of 2 needs as many keys for targets");
	expect(l,
	       "$P init " OPEN " --threshold root=2 --public root=a.pub --public root=b.pub "
	       "--public targets=c.pub --public targets=b.pub --threshold targets=2 repo",
	       3, "draft/root.json waits: version 1 has 0 of 2 signatures; missing: a, b\n");
	expect(l, "$P sign repo policy.json", 3, "missing: a, b\n");
	expect(l, "mv repo/draft/root.json . && $P cosign --key a.pem root.json </dev/null", 1,
	       "not agreed to (--yes agrees)");
	expect(l, "$P cosign --yes --key a.pem root.json", 0, "  role targets: 2 of ");
	expect(l, "$P cosign --yes --key a.pem root.json", 1, "these keys have signed it");
	expect(l, "$P cosign --yes --key c.pem root.json", 0, "signed; ");
	expect(l, "mv root.json repo/draft/ && $P sign repo", 3,
	       "draft/root.json waits: version 1 has 1 of 2 signatures; missing: b\n");
	expect(l, "$P sign --key b.pem repo", 3,
	       "draft/targets.json waits: version 1 has 1 of 2 signatures; missing: c\n");
	/* A stranger's signature went out with the promotion. */
	expect(l, "grep -c keyid\\\" repo/metadata/1.root.json", 0, "2\n");
	expect(l, "$P publish repo web", 3, "not published:\ndraft/targets.json waits");
	expect(l, "ls web", 2, "");
	/* Another policy meanwhile makes it another draft, of the same version, without b's word.
	 */
	expect(l, "$P sign --key c.pem repo policy.json", 3,
	       "version 1 has 1 of 2 signatures; missing: b");
	expect(l, "$P sign --key b.pem repo", 0, "signed as version 1\n");
	expect(l, "$P publish repo web && $P verify web", 0, "policy version 1, mode audit");
	expect(l, "$P sign repo", 0, "signed as version 1\n");
	expect(l, "$P show repo", 0, "targets: version 1, expires ");
	expect(l, "$P show --json repo", 0, "\"waiting\":[]");
}

/* Drafts that are not what they should be go nowhere. */
static void test_bad_drafts(void **state)
{
	struct lab *l = *state;

	expect(l,
	       POLICY "; $P init " OPEN " repo && $P sign repo policy.json && $P publish repo web",
	       0, "");
	expect(l,
	       "mkdir -p repo/draft; cp repo/metadata/1.targets.json repo/draft/targets.json; $P "
	       "sign repo; "
	       "ls repo/draft",
	       0, "signed as version 1\n");
	expect(l,
	       "sed 's/\"version\": 1/\"version\": 7/' repo/metadata/1.targets.json "
	       ">repo/draft/targets.json; $P sign repo",
	       1, "draft of targets: is version 7, and the next is 2");
	expect(l, "$P publish repo web", 1, "not published: a draft has all its signatures");
	expect(l, "echo '{' >repo/draft/targets.json; $P sign repo", 1, "draft/targets.json: ");
	expect(l, "rm repo/draft/*; rm repo/targets/*; $P publish repo web", 1,
	       ".policy.json: the server");
	expect(l,
	       "cp web/targets/* repo/targets/; echo >>repo/metadata/1.snapshot.json; $P publish "
	       "repo web",
	       1, "not published: metadata/1.snapshot.json: ");
	expect(l, "cp web/metadata/* repo/metadata/; $P publish repo web; $P verify web", 0,
	       "valid until ");
	expect(l, "$P add-target --as ../x repo policy.json", 1, "../x: no name for a target");
	expect(l, "$P add-target --role x repo policy.json", 1, "no role x is delegated to here");
	expect(l, "$P remove-target repo x", 1, "targets lists no target x");
	expect(l, "$P delegate --paths x repo team", 2, "usage: lazaret-policy delegate");
	expect(l, "$P delegate --paths x --public repo/keys/root-1.pub repo root", 1,
	       "delegates to the top-level role root");
	expect(l, "$P delegate --revoke repo team", 1, "targets does not delegate to team");
	expect(l, "ls repo/draft", 0, "");
}

/* A team may vouch for its own names only; its lost key is replaced without its help. */
static void test_team(void **state)
{
	struct lab *l = *state;

	expect(l,
	       POLICY "; $P keygen --no-passphrase team.pem; $P keygen --no-passphrase new.pem; "
		      "$P init " OPEN " repo && $P sign repo policy.json",
	       0, "");
	expect(l, "$P delegate --paths 'a/*' --public team.pub repo team && $P publish repo web", 0,
	       "");
	expect(l,
	       "cp -r web team; echo x >x; $P add-target --key team.pem --role team --as b/x team "
	       "x",
	       1, "team may not vouch for b/x");
	expect(l, "$P add-target --key team.pem --role team --as a/x team x", 0,
	       "the draft of team has its signatures");
	expect(l, "cp team/draft/team.json repo/draft/ && $P sign repo", 1, "a/");
	expect(l, "cp -r team/targets/. repo/targets && $P sign repo && $P publish repo web", 0,
	       "");
	expect(l, "test -f web/targets/a/*.x && $P show repo", 0, "  target a/x\n");
	expect(l,
	       "$P delegate --paths 'a/*' --public new.pub repo team && $P publish repo web && "
	       "$P verify web",
	       0, "note: team is not signed by those who may sign it now");
	expect(l, "$P show repo", 0, "NOT signed by those who may sign it now");
	expect(l,
	       "$P add-target --key new.pem --role team --as a/y repo x && $P sign repo && "
	       "$P publish repo web",
	       0, "");
	expect(l, "$P delegate --revoke repo team && $P publish repo web && $P verify web", 0,
	       "valid");
}

/* A rotation that cannot be written leaves no new keys and no new root. */
static void test_rotation_fails(void **state)
{
	struct lab *l = *state;

	expect(l, POLICY "; $P init " OPEN " repo && $P sign repo policy.json && ls repo/* >before",
	       0, "");
	expect(l,
	       "touch repo/draft.x; rmdir repo/draft; mv repo/draft.x repo/draft; "
	       "$P rotate " OPEN " repo root targets",
	       1, "not rotated: draft");
	expect(l, "rm repo/draft; mkdir repo/draft; ls repo/* | diff before -", 0, "");
	expect(l, "$P rotate " OPEN " repo root targets && $P publish repo web && $P verify web", 0,
	       "valid");
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_keys_made_elsewhere),
		ROW(test_keys_not_fit),
		ROW(test_seal),
		ROW(test_terminal),
		ROW(test_signers),
		ROW(test_bad_drafts),
		ROW(test_team),
		ROW(test_rotation_fails),
	};

	return cmocka_run_group_tests_name("publisher", tests, NULL, NULL);
}
