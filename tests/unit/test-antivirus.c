// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/clamd.h"
#include "agent/posture/posture.h"
#include "agent/posture/remembered.h"
#include "agent/posture/whole.h"
#include "agent/posture/witnessed.h"
#include "tests/unit/test.h"

#define DAY 86400
#define NOW 1793520000 /* Sun Nov  1 08:00:00 2026 */

static const char *proof; /* what the fake answers to the test file */
static char folder[] = "/tmp/test-antivirus.XXXXXX", path[100];

static void put(const char *name, const char *text, mode_t mode)
{
	char command[300];
	_close_ int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

	snprintf(command, sizeof(command), "mkdir -p \"$(dirname '%s/%s')\"", folder, name);
	assert_int_equal(system(command), 0);
	assert_int_equal(io_replace(dir, name, text, strlen(text), mode), 0);
}

/* The head of a database: what comes before its time, and that. */
static void write_head(char out[DATABASE_HEAD + 1], const char *fields, long made)
{
	char text[DATABASE_HEAD];
	int n = snprintf(text, sizeof(text), "ClamAV-VDB:%s:%ld", fields, made);

	memset(out, ' ', DATABASE_HEAD);
	memcpy(out, text, (size_t)n);
	out[DATABASE_HEAD] = '\0';
}

static void put_head(const char *name, const char *version, long made)
{
	char text[DATABASE_HEAD + 1 + 8], fields[80];

	snprintf(fields, sizeof(fields), "01 Nov 2026 08-00 +0000:%s:2:90:x:y:z", version);
	write_head(text, fields, made);
	strcat(text, "the body");
	put(name, text, 0644);
}

/* As its packages leave it. */
static void install(void)
{
	char command[200];

	snprintf(command, sizeof(command), "rm -rf %s/usr %s/etc %s/var %s/sys %s/proc %s/run",
		 folder, folder, folder, folder, folder, folder);
	assert_int_equal(system(command), 0);
	put("usr/sbin/clamd", "program", 0755);
	put("etc/clamav/clamd.conf", "# as packaged\nScanELF yes\n", 0644);
	put("var/lib/dpkg/info/libclamav12:amd64.list", "", 0644);
	put("var/lib/dpkg/info/libclamav12:amd64.md5sums",
	    "00000000000000000000000000000000  usr/share/doc/libclamav12/copyright\n", 0644);
	put("var/lib/dpkg/info/libclamav-dev:amd64.list", "", 0644);
	put_head("var/lib/clamav/daily.cvd", "27801", NOW - DAY);
	put_head("var/lib/clamav/main.cvd", "62", NOW - 900 * DAY);
}

/* One clamd of the test's: what it answers to which command; NULL: nothing. */
struct fake {
	const char *pong, *version;
	size_t pong_len, version_len; /* 0: the text and its NUL */
};

static void serve(int listener, const struct fake *fake)
{
	char command[200];

	for (;;) {
		int fd = accept(listener, NULL, NULL);
		ssize_t n = read(fd, command, sizeof(command));
		bool ping = n == 6 && !memcmp(command, "zPING", 6);
		const char *text = ping ? fake->pong : fake->version;
		size_t len = ping ? fake->pong_len : fake->version_len;

		if (n > 64 && proof) {
			io_write(fd, proof, strlen(proof) + 1);
			close(fd);
			continue;
		}
		if (!ping && (n != 9 || memcmp(command, "zVERSION", 9)))
			_exit(1);
		if (!text)
			continue; /* stays open, says nothing */
		io_write(fd, text, len ? len : strlen(text) + 1);
		close(fd);
	}
}

static pid_t start(const struct fake *fake)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	unlink(path);
	strcpy(at.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 4), 0);
	pid = fork();
	if (pid == 0)
		serve(fd, fake);
	return pid;
}

static void look_by(const struct requirement *req, struct remembered *remembered, struct finding *f)
{
	_close_ int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct host host = {
		.root = dir, .clamd = path, .now = NOW, .remembered = remembered
	};

	look_antivirus(req, &host, f);
}

static const struct requirement plain = {
	.check = CHECK_ANTIVIRUS,
	.with.antivirus = { .signatures_max_age = 3 * DAY, .provider = &provider_clamav },
};

static void look(struct finding *f)
{
	look_by(&plain, NULL, f);
}

static void test_answers(void **state)
{
	static const struct {
		struct fake fake;
		enum grade grade;
		const char *what;
	} rows[] = {
		{ { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0, 0 },
		  GRADE_PASS,
		  "ClamAV 1.4.6 answers; its signatures 27801 are 1 d" },
		{ { "PONG", "ClamAV 1.4.6/27801/Sun Nov  1 09:00:00 2026", 0, 0 },
		  GRADE_PASS,
		  "are 0 s old" },
		{ { "PONG", "ClamAV 1.4.6/27801/Thu Oct 29 07:59:00 2026", 0, 0 },
		  GRADE_FAIL,
		  "27801 are 3 d 1 min old; the policy allows 3 d" },
		{ { "PONG", "ClamAV 1.4.6/27801/Tue Nov  3 08:00:00 2026", 0, 0 },
		  GRADE_UNKNOWN,
		  "from the future" },
		{ { "PONG", "ClamAV 1.4.6", 0, 0 }, GRADE_FAIL, "has no daily signatures" },
		{ { "PONG", "ClamAV 1.4.6/27801/yesterday", 0, 0 }, GRADE_UNKNOWN, "yesterday" },
		{ { "PONG", "", 0, 0 }, GRADE_UNKNOWN, "names its signatures" },
		{ { "pong", "", 0, 0 }, GRADE_UNKNOWN, "cannot ask clamd" },
		{ { "PONG", NULL, 0, 0 }, GRADE_FAIL, "does not answer" },
		{ { NULL, NULL, 0, 0 }, GRADE_FAIL, "does not answer" },
		{ { "PONG and no end", NULL, 4, 0 }, GRADE_UNKNOWN, "cannot ask clamd" },
	};

	(void)state;
	install();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		pid_t pid = start(&rows[i].fake);
		uint64_t begun = io_boot_ms();
		struct finding f;

		look(&f);
		assert_in_range(io_boot_ms() - begun, 0, CLAMD_WAIT_MS + 300);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_int_equal(f.grade, rows[i].grade);
		assert_non_null(strstr(f.what, rows[i].what));
		assert_int_equal(!*f.todo, f.grade == GRADE_PASS);
	}
}

static void test_nobody_listens(void **state)
{
	static const struct fake fake;
	struct finding f;
	char name[200];
	pid_t pid;

	(void)state;
	unlink(path);
	snprintf(name, sizeof(name), "%s/usr/sbin/clamd", folder);
	unlink(name);
	look(&f);
	assert_int_equal(f.grade, GRADE_FAIL);
	assert_non_null(strstr(f.what, "not installed"));

	install();
	look(&f);
	assert_non_null(strstr(f.what, "not running"));

	/* The socket a killed clamd leaves behind. */
	pid = start(&fake);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	look(&f);
	assert_int_equal(f.grade, GRADE_FAIL);
	assert_non_null(strstr(f.what, "not running"));
}

static void test_version_parse(void **state)
{
	static const char *const bad[] = {
		"",
		"/1/Sun Nov  1 08:00:00 2026",
		"ClamAV/",
		"ClamAV/0/Sun Nov  1 08:00:00 2026",
		"ClamAV/-1/Sun Nov  1 08:00:00 2026",
		"ClamAV/1",
		"ClamAV/1/",
		"ClamAV/1/Sun Nov  1 08:00:00 2026 ",
		"ClamAV/1/Sun nov  1 08:00:00 2026",
		"ClamAV/1/Sun anF  1 08:00:00 2026",
		"ClamAV/1/Sun No  1 08:00:00 2026",
		"ClamAV/1/Sun Nov 32 08:00:00 2026",
		"ClamAV/1/Sun Nov  1 24:00:00 2026",
		"ClamAV/1/Sun Nov  1 08:00:00 1",
		"ClamAV/9999999999/Sun Nov  1 08:00:00 2026",
		"0123456789012345678901234567890123456789012345678901234567890123",
	};
	struct clamd_version v;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(clamd_version_parse(bad[i], &v), -EBADMSG);
	assert_int_equal(clamd_version_parse("ClamAV 1.0/5/Sun Nov  1 08:00:00 2026", &v), 0);
	assert_string_equal(v.engine, "ClamAV 1.0");
	assert_int_equal(v.version, 5);
	assert_int_equal(v.made, NOW);
}

/* What is wrong with a host whose clamd answers as it should. */
static void test_behind_the_answer(void **state)
{
	static const struct fake good = { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0,
					  0 };
	static const struct {
		const char *file, *text, *what;
		mode_t mode;
		enum grade grade;
	} rows[] = {
		{ "usr/sbin/clamd", "program", "cannot be executed: its mode is 644", 0644,
		  GRADE_FAIL },
		{ "usr/sbin/clamd", "program", "may be changed by others", 0757, GRADE_FAIL },
		{ "etc/clamav/clamd.conf", "ScanPE yes\n  scanelf\t= No\n",
		  "/etc/clamav/clamd.conf, line 2: ScanELF No is not allowed", 0644, GRADE_FAIL },
		{ "etc/clamav/clamd.conf", "ExcludePath ^/proc/\nExcludePath \"^/\"\n",
		  "line 2: ExcludePath ^/ is not allowed", 0644, GRADE_FAIL },
		{ "etc/clamav/clamd.conf", "MaxFileSize 0\nMaxScanSize 100K\n",
		  "line 2: MaxScanSize 100K", 0644, GRADE_FAIL },
		{ "etc/clamav/clamd.conf", "OnAccessExcludePath /\nDatabaseDirectory /tmp/x\n",
		  "line 2: DatabaseDirectory /tmp/x", 0644, GRADE_FAIL },
		{ "etc/clamav/clamd.conf", "OnAccessExcludePath /\n", "answers", 0644, GRADE_PASS },
		{ "var/lib/clamav/daily.cvd", "ClamAV-VDB:", "stored signatures are damaged", 0644,
		  GRADE_FAIL },
		{ "var/lib/clamav/main.cvd", "", "damaged: /var/lib/clamav/main.cvd", 0644,
		  GRADE_FAIL },
		{ "var/lib/dpkg/info/clamav-daemon.md5sums",
		  "00000000000000000000000000000000  usr/sbin/clamd\n",
		  "clamav-daemon: /usr/sbin/clamd is not as it was packaged", 0644, GRADE_FAIL },
		{ "var/lib/dpkg/info/clamav-daemon.md5sums",
		  "a9c449d4fa44e9e5a41c574ae55ce4d9  usr/sbin/clamd\n"
		  "00000000000000000000000000000000  usr/share/doc/gone\n"
		  "00000000000000000000000000000000  usr/bin/gone\n",
		  "clamav-daemon: /usr/bin/gone is gone", 0644, GRADE_FAIL },
		{ "var/lib/dpkg/info/clamav-daemon.md5sums",
		  "a9c449d4fa44e9e5a41c574ae55ce4d9  usr/sbin/clamd\n", "answers", 0644,
		  GRADE_PASS },
		{ "var/lib/dpkg/info/libclamav12:amd64.md5sums",
		  "00000000000000000000000000000000  usr/lib/libclamav.so.12\n",
		  "libclamav12:amd64: /usr/lib/libclamav.so.12 is gone", 0644, GRADE_FAIL },
		{ "var/lib/dpkg/info/libclamav-dev:amd64.md5sums",
		  "00000000000000000000000000000000  usr/lib/libclamav.so.12\n", "answers", 0644,
		  GRADE_PASS },
		{ "var/lib/dpkg/info/clamav-daemon.md5sums", "no list at all\n",
		  "clamav-daemon cannot be compared: dpkg's hashes", 0644, GRADE_UNKNOWN },
		{ "var/lib/dpkg/info/clamav-daemon.md5sums", "", "dpkg's hashes of it are gone",
		  0644, GRADE_UNKNOWN },
		{ "var/lib/dpkg/info/clamav-daemon.list", "", "dpkg's hashes of it are gone", 0644,
		  GRADE_UNKNOWN },
	};
	pid_t pid = start(&good);
	struct finding f;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		install();
		look(&f);
		assert_string_equal(f.what,
				    "ClamAV 1.4.6 answers; its signatures 27801 are 1 d old");
		assert_int_equal(f.grade, GRADE_PASS);
		put(rows[i].file, rows[i].text, rows[i].mode);
		look(&f);
		if (!strstr(f.what, rows[i].what))
			fail_msg("\"%s\" is not in \"%s\"", rows[i].what, f.what);
		assert_int_equal(f.grade, rows[i].grade);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#define NOBODY 65534
#define SUMS   "var/lib/dpkg/info/clamav-daemon.md5sums"

/* lazaretd is not root: what it may not see, it does not call as packaged. */
static void test_closed(void **state)
{
	static const struct fake good = { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0,
					  0 };
	_close_ int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	pid_t pid = start(&good);
	struct finding f;

	(void)state;
	install();
	assert_int_equal(chmod(folder, 0755) | chmod(path, 0666), 0);
	put(SUMS, "a9c449d4fa44e9e5a41c574ae55ce4d9  usr/sbin/clamd\n", 0644);
	assert_int_equal(fchmodat(dir, "usr/sbin/clamd", 0700, 0), 0);
	assert_int_equal(seteuid(NOBODY), 0);
	look(&f);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(f.grade, GRADE_UNKNOWN);
	assert_non_null(strstr(f.what, "clamav-daemon cannot be compared: /usr/sbin/clamd: Perm"));

	/* A product that closes its folder can be told by the rest. */
	assert_int_equal(fchmodat(dir, "usr/sbin", 0700, 0), 0);
	assert_int_equal(seteuid(NOBODY), 0);
	look(&f);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(f.grade, GRADE_PASS);
	assert_string_equal(f.evidence[0].what,
			    "/usr/sbin/clamd lies where lazaretd may not look: its unit and its "
			    "process tell");
	assert_int_equal(fchmodat(dir, "usr/sbin", 0755, 0), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* What is larger than a look's share is compared all the same, when its turn has come. */
static void test_large(void **state)
{
	_close_ int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct remembered *k = remembered_new();
	size_t budget = WHOLE_PER_LOOK - 1;
	char name[200], wrong[120];

	(void)state;
	install();
	put("opt/large", "", 0755);
	snprintf(name, sizeof(name), "%s/opt/large", folder);
	assert_int_equal(truncate(name, (off_t)WHOLE_PER_LOOK + 1024 * 1024), 0);
	put(SUMS, "a359f08e59828efe8a94742db4fcb208  opt/large\n", 0644);
	assert_int_equal(whole_look(dir, "clamav-daemon", k, &budget, wrong), -EAGAIN);
	budget = WHOLE_PER_LOOK;
	assert_int_equal(whole_look(dir, "clamav-daemon", k, &budget, wrong), 0);
	assert_int_equal(budget, 0);
	assert_int_equal(whole_look(dir, "clamav-daemon", k, &budget, wrong), 0); /* remembered */
	assert_int_equal(truncate(name, (off_t)1024 * 1024 * 1024), 0);
	budget = WHOLE_PER_LOOK;
	assert_int_equal(whole_look(dir, "clamav-daemon", k, &budget, wrong), -EFBIG);
	assert_non_null(strstr(wrong, "/opt/large: File too large"));
	unlink(name);
	assert_int_equal(whole_look(dir, "clamav-daemon", k, &budget, wrong), -EUCLEAN);
	remembered_free(k);
}

/* Signatures that are gone or old on disk, whatever the daemon still has. */
static void test_stored_signatures(void **state)
{
	static const struct fake good = { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0,
					  0 };
	pid_t pid = start(&good);
	struct finding f;
	char name[200];

	(void)state;
	install();
	put_head("var/lib/clamav/daily.cvd", "27700", NOW - 4 * DAY);
	look(&f);
	assert_string_equal(f.what,
			    "the stored signatures 27700 are 4 d old; the policy allows 3 d");
	put_head("var/lib/clamav/daily.cld", "27801", NOW); /* the newer one counts */
	look(&f);
	assert_int_equal(f.grade, GRADE_PASS);
	put("var/lib/clamav/local.ign2", "Win.Trojan.One\n", 0644);
	look(&f);
	assert_int_equal(f.grade, GRADE_PASS);
	assert_string_equal(f.evidence[f.n_evidence - 1].what,
			    "what /var/lib/clamav/local.ign2 names is not found");
	/* Cut off behind its head, and what is not its makers'. */
	snprintf(name, sizeof(name), "%s/var/lib/clamav/daily.cvd", folder);
	assert_int_equal(truncate(name, DATABASE_HEAD + 7), 0);
	look(&f);
	assert_string_equal(f.what, "stored signatures are damaged: /var/lib/clamav/daily.cvd");
	for (size_t i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "%s/var/lib/clamav/daily.c%cd", folder, "vl"[i]);
		unlink(name);
	}
	put_head("var/lib/clamav/daily.cud", "27801", NOW);
	look(&f);
	assert_non_null(strstr(f.what, "no signatures are stored: no /var/lib/clamav/daily."));
	assert_int_equal(f.grade, GRADE_FAIL);
	put_head("var/lib/clamav/daily.cvd", "27801", NOW);
	snprintf(name, sizeof(name), "%s/var/lib/clamav/main.cvd", folder);
	unlink(name);
	look(&f);
	assert_string_equal(f.what, "no signatures are stored: no /var/lib/clamav/main.cvd");
	put_head("var/lib/clamav/main.cld", "62", NOW - 900 * DAY);
	look(&f);
	assert_int_equal(f.grade, GRADE_PASS);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* The test file: what is asked for, how often, and what each answer means. */
static void test_proof(void **state)
{
	static const struct {
		const char *answer, *what;
		enum grade grade;
	} rows[] = {
		{ "stream: Eicar-Test-Signature FOUND", "answers", GRADE_PASS },
		{ "stream: OK", "took the test file of antivirus for clean", GRADE_FAIL },
		{ "INSTREAM size limit exceeded. ERROR", "did not say", GRADE_UNKNOWN },
		{ " FOUND", "did not say", GRADE_UNKNOWN },
	};
	struct requirement req = plain;
	struct finding f;

	(void)state;
	install();
	req.with.antivirus.proof_every = 3600;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fake fake = { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0, 0 };
		struct remembered *remembered = remembered_new();
		pid_t pid;

		proof = rows[i].answer;
		pid = start(&fake);
		look_by(&req, remembered, &f);
		assert_non_null(strstr(f.what, rows[i].what));
		assert_int_equal(f.grade, rows[i].grade);
		assert_int_equal(remembered_proof(remembered, "clamav").at,
				 f.grade == GRADE_PASS ? NOW : 0);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);

		/* Within the hour a proof is not asked for again; one that failed is. */
		proof = "stream: OK";
		pid = start(&fake);
		look_by(&req, remembered, &f);
		assert_int_equal(f.grade, rows[i].grade == GRADE_PASS ? GRADE_PASS : GRADE_FAIL);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		remembered_free(remembered);
	}
}

/* A proof is of one process and its signatures, and of before no repair. */
static void test_proof_anew(void **state)
{
	static const char procs[] = "sys/fs/cgroup/system.slice/clamav-daemon.service/cgroup.procs";
	struct fake fake = { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0, 0 };
	struct remembered *k = remembered_new();
	struct requirement req = plain;

	(void)state;
	install();
	put(procs, "77\n", 0644);
	req.with.antivirus.proof_every = 3600;
	for (int i = 0; i < 5; i++) {
		struct finding f;
		pid_t pid;

		/* At first all is well; then nothing changed, and then this. */
		proof = i ? "stream: OK" : "stream: Eicar FOUND";
		if (i == 2)
			put(procs, "78\n", 0644);
		if (i == 3)
			fake.version = "ClamAV 1.4.6/27802/Sat Oct 31 08:00:00 2026";
		if (i == 4)
			remembered_forget_words(k);
		pid = start(&fake);
		look_by(&req, k, &f);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_int_equal(f.grade, i < 2 ? GRADE_PASS : GRADE_FAIL);
		remembered_set_proof(k, "clamav",
				     &(struct proof){ NOW, i < 2 ? 77 : 78,
						      i < 3 ? 27801 : 27802 });
	}
	remembered_free(k);
}

/* One that is not asked, and whose process lazaretd does not see. */
static void test_hidden(void **state)
{
	static const struct {
		const char *line, *what;
		enum grade grade;
		bool moving;
	} rows[] = {
		{ "", "nobody has seen whether", GRADE_UNKNOWN, false },
		{ "process clamav clamav-daemon.service 77 S", "ClamAV runs", GRADE_PASS, false },
		{ "process clamav clamav-daemon.service 77 T",
		  "process 77 of clamav-daemon.service is stopped", GRADE_FAIL, false },
		{ "process clamav clamav-daemon.service 77 -", "/usr/sbin/clamd does not run",
		  GRADE_FAIL, false },
		{ "process clamav clamav-daemon.service 76 S", "nobody has seen yet", GRADE_UNKNOWN,
		  true },
	};
	struct provider provider = provider_clamav;
	struct remembered *k = remembered_new();
	struct requirement req = plain;
	struct finding f;

	(void)state;
	install();
	put("usr/lib/systemd/system/clamav-daemon.service", "[Unit]\n", 0644);
	put("usr/lib/systemd/system/clamav-daemon.socket", "[Unit]\n", 0644);
	put("run/systemd/system/x", "", 0644);
	provider.answer.speaks = TONGUE_NONE;
	req.with.antivirus.provider = &provider;
	put("sys/fs/cgroup/system.slice/clamav-daemon.service/cgroup.procs", "77\n", 0644);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool news;

		assert_int_equal(witnessed_hear(k, rows[i].line, NOW, &news), *rows[i].line != 0);
		look_by(&req, k, &f);
		if (f.grade != rows[i].grade || f.moving != rows[i].moving ||
		    !strstr(f.what, rows[i].what))
			fail_msg("row %zu: %d: %s", i, (int)f.grade, f.what);
	}
	remembered_free(k);
}

/* What its vendor's program said, and for how long that counts. */
static void test_command(void **state)
{
	static const struct {
		int64_t age;
		int err;
		const char *why, *what;
		enum grade grade;
	} rows[] = {
		{ 0, 0, "", "ClamAV runs", GRADE_PASS },
		{ HEALTH_MAX_AGE, 0, "", "ClamAV runs", GRADE_PASS },
		{ HEALTH_MAX_AGE + 1, 0, "", "nobody has asked /usr/bin/mdatp yet", GRADE_UNKNOWN },
		{ -60, 0, "", "nobody has asked", GRADE_UNKNOWN },
		{ 0, -EIO, "it is not well", "it is not well", GRADE_FAIL },
		{ 0, -ENOTCONN, "no socket", "no socket", GRADE_UNKNOWN },
	};
	struct provider provider = provider_clamav;
	struct requirement req = plain;
	struct finding f;

	(void)state;
	install();
	provider.answer = (struct provider_answer){ .speaks = TONGUE_COMMAND, .ask = HEALTH_MDATP };
	req.with.antivirus.provider = &provider;
	put("sys/fs/cgroup/system.slice/clamav-daemon.service/cgroup.procs", "77\n", 0644);
	look_by(&req, NULL, &f);
	assert_int_equal(f.grade, GRADE_UNKNOWN);
	assert_false(f.moving);
	assert_non_null(
		strstr(f.what, "nobody has seen whether the process of clamav-daemon.service"));
	put("proc/77/stat", "77 (clamd) S 1 2\n", 0644);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct remembered *remembered = remembered_new();
		struct health_word w = { .at = NOW - rows[i].age, .err = rows[i].err };

		strcpy(w.why, rows[i].why);
		assert_true(remembered_set_health(remembered, HEALTH_MDATP, &w));
		assert_false(remembered_set_health(remembered, HEALTH_MDATP, &w));
		look_by(&req, remembered, &f);
		if (f.grade != rows[i].grade || !strstr(f.what, rows[i].what))
			fail_msg("row %zu: %d: %s", i, (int)f.grade, f.what);
		if (f.grade == GRADE_FAIL)
			assert_non_null(strstr(f.todo, "/usr/bin/mdatp health --output json says"));
		remembered_free(remembered);
	}

	/* What it says is of a daemon that runs. */
	put("sys/fs/cgroup/system.slice/clamav-daemon.service/cgroup.procs", "", 0644);
	look_by(&req, NULL, &f);
	assert_non_null(strstr(f.what, "does not run"));
}

static void test_database_head(void **state)
{
	static const char *const bad[] = {
		"a:-1:1:90:x:y:z", "a:1:x:90:x:y:z",	      "a:1:1:90:x:y",
		"a::1:90:x:y:z",   "a:4294967296:1:90:x:y:z", "",
	};
	char head[DATABASE_HEAD + 1];
	struct clamd_version v;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		write_head(head, bad[i], 1);
		assert_int_equal(database_head_parse(head, DATABASE_HEAD, &v), -EBADMSG);
	}
	write_head(head, "a:27801:1:90:x:y:z", NOW);
	assert_int_equal(database_head_parse(head, DATABASE_HEAD, &v), 0);
	assert_int_equal(v.version, 27801);
	assert_int_equal(v.made, NOW);
	assert_int_equal(v.signatures, 1);
	assert_int_equal(database_head_parse(head, DATABASE_HEAD - 1, &v), -EBADMSG);
	head[100] = '\0';
	assert_int_equal(database_head_parse(head, DATABASE_HEAD, &v), -EBADMSG);
}

static int set_up(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/clamd.ctl", folder);
	return 0;
}

static int tear_down(void **state)
{
	char command[200];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_version_parse),
		cmocka_unit_test(test_behind_the_answer),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_stored_signatures),
		cmocka_unit_test(test_proof),
		cmocka_unit_test(test_proof_anew),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_database_head),
	};

	return cmocka_run_group_tests_name("antivirus", tests, set_up, tear_down);
}
