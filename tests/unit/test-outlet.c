// SPDX-License-Identifier: GPL-2.0-or-later
/* The publisher's folder and the web server's: shared, copied, mislaid, half made. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "tests/unit/test.h"
#include "tests/unit/vet-lab.h"

static void expect(struct lab *l, const char *args, int status, const char *words)
{
	int is = lab_run(l, args);

	if (is != status)
		fail_msg("%s: status %d instead of %d", args, is, status);
	lab_says(l, words);
}

static void shell(struct lab *l, const char *command)
{
	if (lab_shell(l, command))
		fail_msg("%s failed", command);
}

/* What is not signed is never told as signed. */
static void test_nothing_is_signed(void **state)
{
	struct lab *l = *state;

	shell(l,
	      "openssl pkey -in repo/keys/targets-1.pem -aes256 -passout pass:horse -out sealed");
	shell(l, "cp repo/keys/targets-1.pem . && mv sealed repo/keys/targets-1.pem");
	expect(l, "sign --passphrase-file absent repo policy.json", 1, "absent: No such file");
	shell(l, "rm repo/draft/targets.json && mv targets-1.pem repo/keys/");
	expect(l, "add-target --as x repo policy.json", 0, "");
	shell(l, "cp repo/metadata/2.targets.json . && rm repo/metadata/2.targets.json "
		 "repo/targets/*x");
	shell(l, "mkdir -p repo/draft && mv 2.targets.json repo/draft/targets.json");
	expect(l, "sign repo", 1, ".x: No such file");
	shell(l, "rm repo/draft/targets.json && echo '{' >repo/metadata/2.targets.json");
	expect(l, "sign repo", 1, "metadata/2.targets.json: ");
}

/* What a host has seen stays what it is; no other copy and no other repository writes over it. */
static void test_out_there(void **state)
{
	struct lab *l = *state;

	shell(l, "cp -r repo copy");
	expect(l, "bump repo", 0, "");
	expect(l, "publish repo web", 0, "");
	expect(l, "publish copy web", 1,
	       "metadata/timestamp.json is version 2 out there and 1 here");
	expect(l, "bump --expires 3d copy", 0, "");
	expect(l, "publish copy web", 1,
	       "is version 2 out there and 2 here, which hosts would refuse");
	expect(l, "sign copy policy.json", 0, "");
	expect(l, "publish copy web", 0, "");
	expect(l, "add-target --as x repo policy.json", 0, "");
	expect(l, "bump repo", 0, "");
	expect(l, "publish repo web", 1,
	       "metadata/2.snapshot.json is out there with other contents");
	expect(l, "verify web", 0, "policy version 2");

	expect(l, "init --no-passphrase all new", 0, "");
	expect(l, "sign new policy.json", 0, "");
	expect(l, "publish new web", 1, "metadata/1.root.json is out there with other contents");
	expect(l, "publish new other", 0, "");
	expect(l, "verify other", 0, "policy version 1");
}

/* Secrets are not served; what is served can be read by a server that is nobody. */
static void test_who_reads(void **state)
{
	struct lab *l = *state;
	mode_t was = umask(077);
	struct stat st;

	expect(l, "publish repo fresh", 0, "");
	umask(was);
	for (const char *const *f =
		     (const char *const[]){ "fresh", "fresh/metadata", "fresh/targets", NULL };
	     *f; f++) {
		assert_int_equal(fstatat(l->dir, *f, &st, 0), 0);
		assert_int_equal(st.st_mode & 07777, 0755);
	}
	expect(l, "publish repo .", 1, "repo lies in ., so a web server would serve its keys/");
	shell(l, "test ! -e metadata && mv repo/keys safe");
	expect(l, "publish repo .", 0, "");
}

/* Is somebody waiting for the lock of this file?  ("2: -> FLOCK ... MAJOR:MINOR:INODE 0 EOF") */
static bool is_wanted(ino_t inode)
{
	_free_ char *locks = NULL;
	char end[40];
	size_t len;

	snprintf(end, sizeof(end), ":%ju 0 EOF", (uintmax_t)inode);
	assert_int_equal(io_read(AT_FDCWD, "/proc/locks", 1 << 20, &locks, &len), 0);
	for (char *line = strtok(locks, "\n"); line; line = strtok(NULL, "\n"))
		if (strstr(line, "-> FLOCK") && strstr(line, end))
			return true;
	return false;
}

/* A timestamp that another command signs meanwhile would go out before what it names. */
static void test_alone(void **state)
{
	struct lab *l = *state;
	int fd = openat(l->dir, "repo", O_RDONLY | O_CLOEXEC), status = 1;
	struct stat st;
	pid_t other;

	assert_int_equal(flock(fd, LOCK_EX) || fstat(fd, &st), 0);
	other = fork();
	if (other == 0) {
		for (int i = 0; i < 1000 && !is_wanted(st.st_ino); i++)
			usleep(1000);
		_exit(0); /* with the last descriptor of the lock */
	}
	close(fd);
	expect(l, "publish repo web", 0, "");
	assert_int_equal(waitpid(other, &status, WNOHANG), other);
	assert_int_equal(status, 0);
}

/* An init that cannot be, or was cut off, says so and changes nothing. */
static void test_half_made(void **state)
{
	struct lab *l = *state;

	shell(l, "mkdir -p half/targets");
	expect(l, "init --no-passphrase all half", 1,
	       "half/targets: is there already; nothing was changed. There is no root yet");
	shell(l, "test \"$(ls half)\" = targets");
	expect(l, "init repo", 1, "repo/keys: is there already; nothing was changed\n");
}

/* Who misspells a role gets no other keys than he meant. */
static void test_no_such_role(void **state)
{
	static const struct {
		const char *args, *words;
	} rows[] = {
		{ "init --no-passphrase timestam new", "--no-passphrase timestam: must be root," },
		{ "init --no-passphrase all --public target=repo/keys/root-1.pub new",
		  "--public target=repo/keys/root-1.pub: must be ROLE=FILE" },
		{ "rotate --no-passphrase all --public targets=repo/keys/root-1.pub repo root",
		  "with a role that gets new keys here" },
		{ "sign web/targets", "metadata/: No such file or directory; lazaret-policy init" },
	};
	struct lab *l = *state;

	for (size_t i = 0; i < COUNT(rows); i++)
		expect(l, rows[i].args, 1, rows[i].words);
	shell(l, "test ! -e new/keys -a ! -e repo/draft/root.json");
}

/* A team that may vouch for two levels of folders does not get out of them. */
static void test_above(void **state)
{
	struct lab *l = *state;

	expect(l, "delegate --paths '*/x' --public repo/keys/root-1.pub repo team", 0, "");
	expect(l, "publish repo web", 0, "");
	expect(l, "add-target --key repo/keys/root-1.pem --role team --as a/x web policy.json", 0,
	       "");
	shell(l, "sed 's,\"a/x\",\"../x\",' web/draft/team.json >repo/draft/team.json");
	shell(l, "mkdir repo/targets/a && cp web/targets/a/* repo/ && cp web/targets/a/* "
		 "repo/targets/a/");
	expect(l, "sign repo", 1, "../x: no name for a target");
}

/* A timer that bumps goes on well until something else is over: it says so before. */
static void test_soon_over(void **state)
{
	struct lab *l = *state;

	expect(l, "sign --expires 3d repo policy.json", 0, "");
	expect(l, "bump repo", 0, "");
	expect(l, "publish repo web", 0, "Z only; `show` says which role is to be signed anew");
	expect(l, "sign repo policy.json", 0, "");
	expect(l, "publish repo web >quiet 2>&1; test ! -s quiet", 0, "");
}

/* Killed as it writes its first key, which is what a power cut leaves, too. */
static void test_cut_key(void **state)
{
	struct lab *l = *state;
	struct rlimit was, none;
	int told = dup(STDERR_FILENO), nobody = open("/dev/null", O_WRONLY | O_CLOEXEC), status;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	none = (struct rlimit){ 0, was.rlim_max };
	/* The shell says that it was killed, which in a file would kill the shell, too. */
	dup2(nobody, STDERR_FILENO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	status = lab_run(l, "rotate --no-passphrase all repo root >/dev/null || exit 9;");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	dup2(told, STDERR_FILENO);
	close(told);
	close(nobody);
	assert_int_equal(status, 9);
	expect(l, "bump repo", 0, "");
	expect(l, "rotate --no-passphrase all repo root", 0, "root version 2 is signed");
	expect(l, "publish repo web", 0, "");
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, lab_open, lab_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_nothing_is_signed),
		ROW(test_out_there),
		ROW(test_who_reads),
		ROW(test_alone),
		ROW(test_half_made),
		ROW(test_cut_key),
		ROW(test_soon_over),
		ROW(test_no_such_role),
		ROW(test_above),
	};

	return cmocka_run_group_tests_name("outlet", tests, NULL, NULL);
}
