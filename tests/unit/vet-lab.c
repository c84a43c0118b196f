// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/msg.h"
#include "policy/digest.h"
#include "tests/unit/test.h"
#include "tests/unit/vet-lab.h"

#define FILE_MAX 1000000

static const char *program(const char *name, char out[PATH_MAX])
{
	char self[PATH_MAX];

	/* Not /proc/self/exe, which a test in a mount namespace of its own sees from outside. */
	assert_non_null(realpath(program_invocation_name, self));
	*strrchr(self, '/') = '\0';
	assert_true(snprintf(out, PATH_MAX, "%s/../../policy/%s", self, name) < PATH_MAX);
	return out;
}

int lab_run(struct lab *l, const char *args)
{
	char command[2 * PATH_MAX], tool[PATH_MAX];
	int status;

	snprintf(command, sizeof(command), "cd %s && %s %s >out 2>&1", l->path,
		 program("lazaret-policy", tool), args);
	status = system(command);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

int lab_shell(struct lab *l, const char *command)
{
	char whole[300];

	snprintf(whole, sizeof(whole), "cd %s && { %s; } >out 2>&1", l->path, command);
	return system(whole) != 0;
}

void lab_put(struct lab *l, const char *name, const char *text)
{
	assert_int_equal(io_replace(l->dir, name, text, strlen(text), 0644), 0);
}

void lab_publish(struct lab *l, const char *policy, const char *options)
{
	char args[200];

	lab_put(l, "policy.json", policy);
	snprintf(args, sizeof(args), "sign %s repo policy.json", options);
	assert_int_equal(lab_run(l, args), 0);
	assert_int_equal(lab_run(l, "publish repo web"), 0);
}

void lab_says(struct lab *l, const char *words)
{
	_free_ char *text = NULL;
	size_t len;

	assert_int_equal(io_read(l->dir, "out", FILE_MAX, &text, &len), 0);
	if (!strstr(text, words))
		fail_msg("\"%s\" does not say \"%s\"", text, words);
}

void lab_copy(struct lab *l, const char *from, const char *to)
{
	char command[300];

	snprintf(command, sizeof(command), "cd %s && rm -rf %s && cp -a %s %s", l->path, to, from,
		 to);
	assert_int_equal(system(command), 0);
}

void lab_feed(struct lab *l, const struct distro *d, const char *release)
{
	char document[400], args[200];

	snprintf(document, sizeof(document),
		 "{\"a\":{\"CVE-2026-%d\":{\"releases\":{\"r\":{\"status\":\"open\"}}}}}",
		 l->advisory);
	lab_put(l, "document.json", document);
	snprintf(args, sizeof(args),
		 "feed --distro %s --release %s --codename r -o a.feed document.json", d->id,
		 release);
	assert_int_equal(lab_run(l, args), 0);
	snprintf(args, sizeof(args), "add-target --as a/%s-%s.feed repo a.feed", d->id, d->release);
	assert_int_equal(lab_run(l, args), 0);
	assert_int_equal(lab_run(l, "publish repo web"), 0);
}

int lab_open(void **state)
{
	struct lab *l = calloc(1, sizeof(*l));

	strcpy(l->path, "/tmp/test-vet.XXXXXX");
	l->dir = mkdtemp(l->path) ? open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	*state = l;
	if (l->dir < 0 || mkdirat(l->dir, "store", 0755) < 0 ||
	    lab_run(l, "init --no-passphrase all --threshold targets=2 repo")) {
		print_error("no repository in %s\n", l->path);
		lab_close(state); /* cmocka does so only behind a group's set-up that failed */
		return -1;
	}
	lab_publish(l, LAB_POLICY("5min"), "");
	return 0;
}

int lab_close(void **state)
{
	struct lab *l = *state;
	char command[100];

	if (!l)
		return 0;
	*state = NULL;
	close(l->dir);
	snprintf(command, sizeof(command), "rm -rf %s", l->path);
	assert_int_equal(system(command), 0);
	free(l);
	return 0;
}

pid_t lab_vet(struct lab *l, int input)
{
	char tool[PATH_MAX];
	pid_t pid;

	program("lazaret-vet", tool);
	pid = fork();
	if (pid == 0) {
		if (l->traced)
			ptrace(PTRACE_TRACEME, 0, 0, 0);
		if (fchdir(l->dir) < 0 || dup2(input, 0) < 0)
			_exit(127);
		execl(tool, tool, "--store", "store", "--root", "repo/metadata/1.root.json", NULL);
		_exit(127);
	}
	return pid;
}

static void tag(const struct lab *l, const struct fetch_get *get, const char *text, size_t len,
		struct fetch_got *got)
{
	char hash[DIGEST_TEXT];

	if (l->no_tags)
		return;
	assert_int_equal(digest_make_text(DIGEST_SHA256, text, len, hash), 0);
	snprintf(got->etag, sizeof(got->etag), "\"%.64s\"", hash);
	if (*get->etag && (l->same || !strcmp(get->etag, got->etag))) {
		got->status = 304;
		got->len = 0;
	}
}

static void serve_one(struct lab *l, int session, const struct fetch_get *get, int body)
{
	struct fetch_got got = { .status = 404, .err = l->err };
	_free_ char *text = NULL;
	char name[WIRE_PATH_MAX + 8];
	size_t len;

	snprintf(name, sizeof(name), "web/%s", get->path);
	if (io_read(l->dir, name, FILE_MAX, &text, &len) == 0) {
		assert_true(len <= get->max);
		got.status = l->status ? (uint32_t)l->status : 200;
		got.len = len + l->lie;
		tag(l, get, text, len, &got);
		if (got.status != 304)
			assert_int_equal(io_write(body, text, len), 0);
	}
	if (got.err)
		strcpy(got.why, "no route to the server");
	assert_int_equal(msg_send(session, &got, sizeof(got), NULL, 0), 0);
}

void lab_serve(struct lab *l, int session, pid_t vet)
{
	struct fetch_get get;
	int body;
	size_t n = 1;

	l->requests = 0;
	while (msg_recv(session, &get, sizeof(get), &body, &n, 10000) == 0) {
		assert_int_equal(n, 1);
		if (++l->requests == l->kill_at) {
			kill(vet, SIGKILL);
			close(body);
			return;
		}
		serve_one(l, session, &get, body);
		close(body);
	}
}

bool lab_refresh(struct lab *l, struct vet_said *said)
{
	struct vet_ask ask = { VET_REFRESH };
	int talk[2], fetch[2], status, r;
	pid_t vet;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, talk), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fetch), 0);
	vet = lab_vet(l, talk[1]);
	close(talk[1]);
	assert_int_equal(msg_send(talk[0], &ask, sizeof(ask), &fetch[1], 1), 0);
	close(fetch[1]);
	lab_serve(l, fetch[0], vet);
	r = msg_recv(talk[0], said, sizeof(*said), NULL, NULL, 10000);
	close(talk[0]);
	close(fetch[0]);
	assert_int_equal(waitpid(vet, &status, 0), vet);
	assert_true(r == 0 || (r == -ECONNRESET && WIFSIGNALED(status)));
	return r == 0;
}
