// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/clamd.h"

#define COMMAND_MAX 32

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

static int read_answer(int fd, char *answer, size_t room, int wait_ms)
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
		if (memchr(answer + len, '\0', (size_t)n))
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
	return r < 0 ? r : read_answer(fd, answer, room, wait_ms);
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
