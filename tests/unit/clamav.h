/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host with ClamAV, a clamd of the test's that answers there, and a look at both. */
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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
#include "tests/unit/test.h"

#define DAY 86400
#define NOW 1793520000 /* Sun Nov  1 08:00:00 2026 */

static const char *proof; /* what the fake answers to the test file */
static char folder[] = "/tmp/test-antivirus.XXXXXX", path[100];

static inline void put(const char *name, const char *text, mode_t mode)
{
	char command[300];
	_close_ int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

	snprintf(command, sizeof(command), "mkdir -p \"$(dirname '%s/%s')\"", folder, name);
	assert_int_equal(system(command), 0);
	assert_int_equal(io_replace(dir, name, text, strlen(text), mode), 0);
}

/* The head of a database: what comes before its time, and that. */
static inline void write_head(char out[DATABASE_HEAD + 1], const char *fields, long made)
{
	char text[DATABASE_HEAD];
	int n = snprintf(text, sizeof(text), "ClamAV-VDB:%s:%ld", fields, made);

	memset(out, ' ', DATABASE_HEAD);
	memcpy(out, text, (size_t)n);
	out[DATABASE_HEAD] = '\0';
}

static inline void put_head(const char *name, const char *version, long made)
{
	char text[DATABASE_HEAD + 1 + 8], fields[80];

	snprintf(fields, sizeof(fields), "01 Nov 2026 08-00 +0000:%s:2:90:x:y:z", version);
	write_head(text, fields, made);
	strcat(text, "the body");
	put(name, text, 0644);
}

/* As its packages leave it. */
static inline void install(void)
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

static inline void serve(int listener, const struct fake *fake)
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

/* Where the product is asked; the caller closes it. */
static inline int listen_there(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	unlink(path);
	strcpy(at.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static inline pid_t start(const struct fake *fake)
{
	_close_ int fd = listen_there();
	pid_t pid = fork();

	if (pid == 0)
		serve(fd, fake);
	return pid;
}

static inline void look_by(const struct requirement *req, struct remembered *remembered,
			   struct finding *f)
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

static inline void look(struct finding *f)
{
	look_by(&plain, NULL, f);
}

/* What one probe saw; NULL: it told nothing. */
static inline const struct evidence *evidence(const struct finding *f, const char *probe)
{
	for (size_t i = 0; i < f->n_evidence; i++)
		if (!strcmp(f->evidence[i].probe, probe))
			return &f->evidence[i];
	return NULL;
}

static inline int set_up(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/clamd.ctl", folder);
	return 0;
}

static inline int tear_down(void **state)
{
	char command[200];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}
