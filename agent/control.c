// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/pidfd.h"
#include "agent/control.h"

#define CALLERS_MAX 16

struct control;

struct caller {
	struct control *control;
	sd_event_source *source; /* owns the descriptor; NULL: the place is free */
	bool waiting;
	uid_t who;
	char verb[16]; /* that it waits with */
	uint64_t order;
};

struct control {
	sd_event *loop;
	sd_event_source *listener;
	control_verb verb;
	void *ctx;
	uint64_t calls;
	struct caller callers[CALLERS_MAX];
};

DEFINE_DROP(control, control_free)

static void hang_up(struct caller *c)
{
	c->source = sd_event_source_disable_unref(c->source);
	c->waiting = false;
}

/* A caller that does not read loses the answer; it never blocks the daemon. */
static void answer(struct caller *c, const char *reply)
{
	static const char too_long[] = "{\"error\":\"the answer is too long; ask for one check\"}";
	static const char no_memory[] = "{\"error\":\"out of memory\"}";
	int fd = sd_event_source_get_io_fd(c->source);

	if (!reply)
		reply = no_memory;
	/* The kernel would take more than a caller reads, who would have half an answer. */
	if (strlen(reply) > CONTROL_REPLY_MAX)
		reply = too_long;
	send(fd, reply, strlen(reply), MSG_DONTWAIT | MSG_NOSIGNAL);
	hang_up(c);
}

/* The daemon's own user is no less than root here. */
static uid_t who_calls(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		return (uid_t)-1;
	return who.uid == geteuid() ? 0 : who.uid;
}

static void wait_with(struct caller *c, const char *verb)
{
	snprintf(c->verb, sizeof(c->verb), "%.*s", (int)strcspn(verb, " "), verb);
	c->waiting = true;
}

static int on_verb(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct caller *c = userdata;
	char verb[CONTROL_VERB_MAX + 1];
	_free_ char *reply = NULL;
	ssize_t n = recv(fd, verb, CONTROL_VERB_MAX, MSG_DONTWAIT);

	(void)s, (void)revents;
	if (n <= 0 || c->waiting) {
		hang_up(c);
		return 0;
	}
	verb[n] = '\0';
	if (c->control->verb(c->control->ctx, verb, c->who, &reply) == CONTROL_WAITS)
		wait_with(c, verb);
	else
		answer(c, reply);
	return 0;
}

static bool goes_before(const struct caller *a, const struct caller *b)
{
	return !a->who != !b->who ? !b->who : a->order < b->order;
}

/* A free place, or that of whoever has been there longest: root's last. */
static struct caller *place(struct control *c)
{
	struct caller *oldest = &c->callers[0];

	for (size_t i = 0; i < CALLERS_MAX; i++) {
		if (!c->callers[i].source)
			return &c->callers[i];
		if (goes_before(&c->callers[i], oldest))
			oldest = &c->callers[i];
	}
	hang_up(oldest);
	return oldest;
}

static int on_call(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct control *c = userdata;
	_close_ int call = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	const int room = CONTROL_REPLY_MAX;
	struct caller *p;

	(void)s, (void)revents;
	if (call < 0)
		return 0; /* gone again, or no descriptor is left: the next call tries anew */
	p = place(c);
	setsockopt(call, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (sd_event_add_io(c->loop, &p->source, call, EPOLLIN, on_verb, p) < 0)
		return 0;
	sd_event_source_set_io_fd_own(p->source, true);
	p->control = c;
	p->who = who_calls(call);
	/* What users ask waits for all else that is due: the host may be moving. */
	if (p->who)
		(void)!sd_event_source_set_priority(p->source, SD_EVENT_PRIORITY_IDLE);
	p->order = ++c->calls;
	take_fd(&call);
	return 0;
}

/* Both for everybody from the start: a mode that is set afterwards would follow a link. */
static int bind_at(int fd, const char *runtime_dir, const struct sockaddr_un *at)
{
	char folder[sizeof(at->sun_path)];
	mode_t was = umask(0);
	int r = 0;

	snprintf(folder, sizeof(folder), "%s/" CONTROL_FOLDER, runtime_dir);
	if (mkdir(folder, 0755) < 0 && errno != EEXIST)
		r = -errno;
	unlink(at->sun_path);
	if (r == 0 && bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0)
		r = -errno;
	umask(was);
	return r;
}

/* A child that a dead daemon was about to make has its socket open until it runs its program. */
static bool lives(int call)
{
	struct ucred who = { 0 };
	socklen_t len = sizeof(who);
	_close_ int pidfd = -1;
	struct pollfd ended = { .events = POLLIN };

	if (getsockopt(call, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0 || who.pid <= 0)
		return true;
	ended.fd = pidfd = pidfd_of(who.pid);
	return pidfd < 0 ? pidfd != -ESRCH : poll(&ended, 1, 0) == 0;
}

static bool is_answered(const struct sockaddr_un *at)
{
	_close_ int call = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (call < 0)
		return false;
	if (connect(call, (const struct sockaddr *)at, sizeof(*at)) == 0)
		return lives(call);
	return errno == EAGAIN; /* more callers wait than it has places for */
}

static int listen_at(const char *runtime_dir, struct fault *fault)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int n = snprintf(at.sun_path, sizeof(at.sun_path), "%s/" CONTROL_SOCKET, runtime_dir), r;

	if (fd < 0)
		return -errno;
	if (n < 0 || (size_t)n >= sizeof(at.sun_path))
		return fault_set(fault, -ENAMETOOLONG, "RuntimeDirectory=%s is too long",
				 runtime_dir);
	if (is_answered(&at))
		return fault_set(fault, -EADDRINUSE, "another lazaretd answers at %s", at.sun_path);
	r = bind_at(fd, runtime_dir, &at);
	if (r == 0 && listen(fd, CALLERS_MAX) < 0)
		r = -errno;
	if (r < 0)
		return fault_set(fault, r, "cannot listen at %s: %s", at.sun_path, strerror(-r));
	return take_fd(&fd);
}

int control_new(sd_event *loop, const char *runtime_dir, control_verb verb, void *ctx,
		struct control **ret, struct fault *fault)
{
	_drop_(drop_control) struct control *c = calloc(1, sizeof(*c));
	_close_ int fd = -1;
	int r;

	if (!c)
		return -ENOMEM;
	*c = (struct control){ .loop = loop, .verb = verb, .ctx = ctx };
	fd = listen_at(runtime_dir, fault);
	if (fd < 0)
		return fd;
	r = sd_event_add_io(loop, &c->listener, fd, EPOLLIN, on_call, c);
	if (r < 0)
		return r;
	sd_event_source_set_io_fd_own(c->listener, true);
	take_fd(&fd);
	*ret = take(c);
	return 0;
}

void control_release(struct control *c, const char *verb, const char *reply)
{
	for (size_t i = 0; i < CALLERS_MAX; i++)
		if (c->callers[i].waiting && !strcmp(c->callers[i].verb, verb))
			answer(&c->callers[i], reply);
}

struct control *control_free(struct control *c)
{
	if (c) {
		for (size_t i = 0; i < CALLERS_MAX; i++)
			hang_up(&c->callers[i]);
		sd_event_source_disable_unref(c->listener);
		free(c);
	}
	return NULL;
}
