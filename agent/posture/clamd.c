// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/clamd.h"

#define COMMAND_MAX	32
#define ANSWER_MAX	256
#define EICAR_LEN	68
#define SIGNATURE_LEAST 4 /* bytes */

static int dial(const char *path, int *ret)
{
	_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	strcpy(to.sun_path, path);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno; /* nobody takes what waits already */
	*ret = take_fd(&fd);
	return 0;
}

static int send_command(int fd, const char *command)
{
	char text[COMMAND_MAX];
	int n = snprintf(text, sizeof(text), "z%s", command);

	if (n < 0 || n >= (int)sizeof(text))
		return -EINVAL;
	return send(fd, text, (size_t)n + 1, MSG_NOSIGNAL) == n + 1 ? 0 : -EPIPE;
}

/* Up to the byte that ends an answer. */
static int read_answer(int fd, char stop, char *answer, size_t room, int wait_ms)
{
	uint64_t end = io_boot_ms() + (uint64_t)wait_ms, now;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len = 0;

	while ((now = io_boot_ms()) < end && poll(&p, 1, (int)(end - now)) != 0) {
		ssize_t n = read(fd, answer + len, room - len);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n < 0)
			continue;
		if (memchr(answer + len, stop, (size_t)n))
			return 0;
		len += (size_t)n;
		if (n == 0 || len == room)
			return -EPROTO;
	}
	return -ETIMEDOUT;
}

int clamd_ask(const char *path, const char *command, char *answer, size_t room, int wait_ms)
{
	_close_ int fd = -1;
	int r = dial(path, &fd);

	if (r == 0)
		r = send_command(fd, command);
	return r < 0 ? r : read_answer(fd, '\0', answer, room, wait_ms);
}

int socket_expect(const char *path, const char *text, const char *expect, int wait_ms)
{
	char answer[ANSWER_MAX] = "";
	size_t len = strlen(text);
	_close_ int fd = -1;
	int r = dial(path, &fd);

	if (r == 0 && send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
		r = -EPIPE;
	if (r == 0)
		r = read_answer(fd, '\n', answer, sizeof(answer) - 1, wait_ms);
	if (r < 0 && r != -EPROTO) /* an answer may end with its stream */
		return r;
	return strncmp(answer, expect, strlen(expect)) ? -EPROTO : 0;
}

/* Written so that no scanner takes this program for the file itself: each byte is one too high. */
static void write_eicar(char out[EICAR_LEN])
{
	static const char shifted[] = "Y6P\"Q&ABQ\\5]Q[Y65)Q_*8DD*8~%FJDBS.TUBOEBSE.BOUJWJSVT.UFTU."
				      "GJMF\"%I,I+";

	_Static_assert(sizeof(shifted) - 1 == EICAR_LEN, "all of it");
	for (size_t i = 0; i < EICAR_LEN; i++)
		out[i] = (char)(shifted[i] - 1);
}

/* zINSTREAM, then chunks of a length in network order and bytes; an empty one ends. */
static int send_eicar(int fd)
{
	static const char command[] = "zINSTREAM";
	char text[sizeof(command) + 4 + EICAR_LEN + 4] = "";
	const uint32_t len = htonl(EICAR_LEN);

	memcpy(text, command, sizeof(command));
	memcpy(text + sizeof(command), &len, sizeof(len));
	write_eicar(text + sizeof(command) + sizeof(len));
	return send(fd, text, sizeof(text), MSG_NOSIGNAL) == sizeof(text) ? 0 : -EPIPE;
}

int clamd_prove(const char *path, int wait_ms)
{
	static const char found[] = " FOUND";
	char answer[ANSWER_MAX];
	_close_ int fd = -1;
	int r = dial(path, &fd);
	size_t n;

	if (r == 0)
		r = send_eicar(fd);
	if (r == 0)
		r = read_answer(fd, '\0', answer, sizeof(answer), wait_ms);
	if (r < 0)
		return r;
	n = strlen(answer);
	if (n >= sizeof(found) && !strcmp(answer + n - (sizeof(found) - 1), found))
		return 0;
	return strcmp(answer, "stream: OK") ? -EPROTO : -ENOMSG;
}

/* asctime(3) without the locale's names, which strptime(3) would want. */
static bool parse_time(const char *text, int64_t *ret)
{
	static const char *const months = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char day[4], month[4];
	struct tm tm = { .tm_isdst = -1 };
	const char *at;
	int end = 0;

	if (sscanf(text, "%3s %3s %2d %2d:%2d:%2d %4d%n", day, month, &tm.tm_mday, &tm.tm_hour,
		   &tm.tm_min, &tm.tm_sec, &tm.tm_year, &end) != 7 ||
	    text[end])
		return false;
	at = strlen(month) == 3 ? strstr(months, month) : NULL;
	if (!at || (at - months) % 3 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour < 0 ||
	    tm.tm_hour > 23 || tm.tm_min < 0 || tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 60 ||
	    tm.tm_year < 1970)
		return false;
	tm.tm_mon = (int)(at - months) / 3;
	tm.tm_year -= 1900;
	*ret = mktime(&tm);
	return *ret >= 0;
}

int clamd_version_parse(const char *text, struct clamd_version *ret)
{
	size_t engine = strcspn(text, "/");
	struct clamd_version v = { 0 };
	int end = 0;

	if (engine == 0 || engine >= sizeof(v.engine))
		return -EBADMSG;
	memcpy(v.engine, text, engine);
	if (text[engine]) {
		text += engine + 1;
		if (text[0] < '1' || text[0] > '9' ||
		    sscanf(text, "%9u/%n", &v.version, &end) != 1 || !end ||
		    !parse_time(text + end, &v.made))
			return -EBADMSG;
	}
	*ret = v;
	return 0;
}

/* The field of that number, from 0; false when there is none or it does not fit. */
static bool head_field(const char *head, unsigned number, char *out, size_t room)
{
	size_t n;

	for (; number; number--) {
		head = strchr(head, ':');
		if (!head)
			return false;
		head++;
	}
	n = strcspn(head, ":");
	if (n >= room)
		return false;
	memcpy(out, head, n);
	out[n] = '\0';
	return true;
}

static bool parse_number(const char *text, uint64_t max, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *ret <= max;
}

int database_head_parse(const char *data, size_t len, struct clamd_version *ret)
{
	struct clamd_version v = { .engine = "ClamAV" };
	char head[DATABASE_HEAD + 1], field[32];
	uint64_t number, made, signatures;

	if (len < DATABASE_HEAD || memcmp(data, "ClamAV-VDB:", 11))
		return -EBADMSG;
	memcpy(head, data, DATABASE_HEAD);
	head[DATABASE_HEAD] = '\0';
	if (strlen(head) != DATABASE_HEAD) /* a NUL within it */
		return -EBADMSG;
	for (size_t n = DATABASE_HEAD; n && head[n - 1] == ' '; n--)
		head[n - 1] = '\0';
	if (!head_field(head, 2, field, sizeof(field)) ||
	    !parse_number(field, UINT32_MAX, &number) ||
	    !head_field(head, 3, field, sizeof(field)) ||
	    !parse_number(field, UINT32_MAX, &signatures) ||
	    !head_field(head, 8, field, sizeof(field)) ||
	    !parse_number(field, INT32_MAX * 4ull, &made))
		return -EBADMSG;
	v.version = (uint32_t)number;
	v.made = (int64_t)made;
	v.signatures = signatures;
	*ret = v;
	return 0;
}

bool database_is_whole(const struct clamd_version *v, uint64_t size)
{
	return size > DATABASE_HEAD && size - DATABASE_HEAD >= v->signatures * SIGNATURE_LEAST;
}

int database_look(int dir, const char *path, struct clamd_version *ret)
{
	_close_ int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char head[DATABASE_HEAD];
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (read(fd, head, sizeof(head)) != sizeof(head))
		return -EBADMSG;
	r = database_head_parse(head, sizeof(head), ret);
	return r == 0 && !database_is_whole(ret, (uint64_t)st.st_size) ? -EBADMSG : r;
}
