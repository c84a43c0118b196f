// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "tests/conformance/serve.h"
#include "tests/unit/test.h"

#define FILE_MAX     1000000
#define REQUEST_ROOM 4096

/* The path of a GET without our folder in front, or NULL. */
static char *path_of(char *request)
{
	static const char begin[] = "GET /" SERVE_PREFIX "/";
	char *path = request + strlen(begin), *end = strstr(path, " HTTP/1.");

	if (strncmp(request, begin, strlen(begin)) != 0 || !end)
		return NULL;
	*end = '\0';
	return path;
}

static void answer(const struct lab *l, int fd, const char *path)
{
	static const char lost[] = "HTTP/1.0 404 Not Found\r\nContent-type: text/html\r\n\r\n<h1>";
	int i = shelf_find(&l->repo->server, path);
	char head[100];
	int n;

	if (i < 0) {
		io_write(fd, lost, strlen(lost));
		return;
	}
	n = snprintf(head, sizeof(head), "HTTP/1.0 200 OK\r\nContent-length: %zu\r\n\r\n",
		     l->repo->server.files[i].len);
	if (io_write(fd, head, (size_t)n) == 0)
		io_write(fd, l->repo->server.files[i].text, l->repo->server.files[i].len);
}

static void serve_one(const struct lab *l, int fd, int log)
{
	char request[REQUEST_ROOM], *path;
	size_t got = 0;
	ssize_t n;

	do {
		n = recv(fd, request + got, sizeof(request) - 1 - got, 0);
		got += n > 0 ? (size_t)n : 0;
		request[got] = '\0';
	} while (n > 0 && !strstr(request, "\r\n\r\n"));
	path = path_of(request);
	dprintf(log, "%s ", path ? path : "?");
	if (path && (!l->slam || strcmp(path, l->slam) != 0))
		answer(l, fd, path);
}

/* Of the shelf as it is now: a child of its own for each run. */
static pid_t serve(const struct lab *l, int listener, int log)
{
	pid_t pid = fork();

	while (pid == 0) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			_exit(1);
		serve_one(l, fd, log);
		close(fd);
	}
	return pid;
}

static int listen_here(int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 20), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static int command(const struct lab *l, int port, const char *args)
{
	char self[PATH_MAX], text[3 * PATH_MAX], url[100], date[100] = "";
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int status;

	assert_true(n > 0);
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/%s", port, SERVE_PREFIX);
	if (l->at)
		snprintf(date, sizeof(date), "faketime '%s' ", l->at);
	n = snprintf(text, sizeof(text),
		     "cd %s && %s%s/../tuf-client --metadata-dir meta --metadata-url %s/metadata "
		     "--target-dir targets --target-base-url %s/targets/ %s 2>err",
		     l->dir, date, self, url, url, args);
	assert_true(n > 0 && (size_t)n < sizeof(text));
	status = system(text);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

int lab_run(struct lab *l, const char *args)
{
	_free_ char *seen = NULL;
	int port, status;
	int listener = listen_here(&port);
	int dir = open(l->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int log = openat(dir, "log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	pid_t server = serve(l, listener, log);

	status = command(l, port, args);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	close(listener);
	close(log);
	close(dir);
	seen = lab_read(l, "log");
	assert_true(snprintf(l->seen, sizeof(l->seen), "%s", seen) < SEEN_ROOM);
	return status;
}

char *lab_read(const struct lab *l, const char *name)
{
	char path[PATH_MAX], *text;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", l->dir, name);
	return io_read(AT_FDCWD, path, FILE_MAX, &text, &len) < 0 ? NULL : text;
}

void lab_list(const struct lab *l, const char *folder, char out[SEEN_ROOM])
{
	char path[PATH_MAX];
	struct dirent **list;
	int n;

	snprintf(path, sizeof(path), "%s/%s", l->dir, folder);
	n = scandir(path, &list, NULL, alphasort);
	assert_true(n >= 0);
	*out = '\0';
	for (int i = 0; i < n; i++) {
		if (strcmp(list[i]->d_name, ".") != 0 && strcmp(list[i]->d_name, "..") != 0)
			snprintf(out + strlen(out), SEEN_ROOM - strlen(out), "%s ",
				 list[i]->d_name);
		free(list[i]);
	}
	free(list);
}

void lab_open(struct lab *l, struct repo *r)
{
	*l = (struct lab){ .repo = r };
	strcpy(l->dir, "/tmp/tuf-client.XXXXXX");
	assert_non_null(mkdtemp(l->dir));
}

void lab_close(struct lab *l)
{
	char text[100];

	snprintf(text, sizeof(text), "rm -rf %s", l->dir);
	assert_int_equal(system(text), 0);
	repo_free(l->repo);
}
