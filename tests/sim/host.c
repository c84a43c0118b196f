// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/wire.h"
#include "tests/sim/clocks.h"
#include "tests/sim/host.h"
#include "tests/unit/test.h"
#include "tests/unit/vet-lab.h"

#define BURST_NS      (300 * 1000000ull) /* a burst of events is told within that, or soon after */
#define WAIT_MS	      10		 /* real time */
#define HELPER_MS     2000		 /* the same, for a helper to say something */
#define FIRED_USEC    5000		 /* the same, until a timer that is due can be read */
#define TURNS_MAX     100000		 /* of the loop, without time passing */
#define ANSWER_WAITS  100
#define RELEASE_TRIES 5
#define RELEASE_PAUSE 300 /* seconds; the longest that wrong tries wait */
#define STARTS	      3	  /* a fault may end the daemon; systemd starts it again */

DEFINE_DROP(json_t, json_decref)

void host_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	_exit(1);
}

void host_run(const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (system(line))
		host_fail("%s: failed", line);
}

static void publish(struct lab *l, const char *members, unsigned web)
{
	_free_ char *rule = NULL, *policy = NULL;
	char name[8];
	size_t len;

	/* An object with one member, of which the braces are not needed. */
	assert_int_equal(io_read(l->dir, "rule", 65536, &rule, &len), 0);
	*strrchr(rule, '}') = '\0';
	assert_true(asprintf(&policy,
			     "{\"mode\": \"enforce\", \"look_every\": \"5min\", %s, "
			     "\"allow\": {\"policy\": [{\"to\": \"192.0.2.7%u\", \"tcp\": [443]}, "
			     "{\"to\": \"192.0.2.10\", \"tcp\": [443]}, "
			     "{\"to\": \"mirror.example.org\", \"within\": [\"192.0.2.0/24\"], "
			     "\"tcp\": [80]}], \"resolvers\": [\"192.0.2.53\"]}, %s}",
			     members, web, strchr(rule, '{') + 1) > 0);
	lab_publish(l, policy, "--expires 60d");
	snprintf(name, sizeof(name), "web%u", web);
	lab_copy(l, "web", name);
}

void host_lab(struct lab *l, const char *members)
{
	char self[PATH_MAX], *slash;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = '\0';
	slash = strrchr(self, '/');
	*slash = '\0';
	host_run("cd %s && mkdir bin && touch ca.pem && ln -s %s/../../policy/lazaret-vet "
		 "%s/../../policy/lazaret-policy bin && ln -s %s/helper bin/lazaret-fetch && "
		 "ln -s %s/helper bin/lazaret-remedy && "
		 "bin/lazaret-policy keygen --no-passphrase helpdesk.pem >out && "
		 "bin/lazaret-policy release --public helpdesk.pub --for 1h >rule",
		 l->path, self, self, self, self);
	for (unsigned web = 1; web <= HOST_WEBS; web++)
		publish(l, members, web);
}

static void write_config(const struct simulated *s, const struct lab *l)
{
	struct fault fault = { 0 };
	char file[120];
	FILE *f;

	snprintf(file, sizeof(file), "%s/lazaret.conf", s->path);
	f = fopen(file, "w");
	if (!f)
		host_fail("%s: %m", file);
	fprintf(f,
		"[Policy]\nURL=https://policy.example.org/x/\nCA=%s/ca.pem\n[Agent]\n"
		"StateDirectory=%s/state\nRuntimeDirectory=%s/run\nHelperDirectory=%s/bin\n"
		"HostRoot=%s/root\n",
		l->path, s->path, s->path, l->path, s->path);
	fclose(f);
	if (config_load(file, (struct config **)&s->config, &fault) < 0)
		host_fail("%s", fault.why);
}

/* Two routers and somebody far away, whose hardware addresses are known: nobody answers. */
static const char network[] =
	"link set lo up\n"
	"link add up0 address 02:00:00:00:00:50 type veth peer name far0\n"
	"link set up0 addrgenmode none\n"
	"link set far0 addrgenmode none\n"
	"link set far0 up\n"
	"link set up0 up\n"
	"addr add 192.0.2.50/24 dev up0\n"
	"route add 198.51.100.0/24 dev up0\n"
	"neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 nud permanent dev up0\n"
	"neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 nud permanent dev up0\n"
	"neigh add 198.51.100.9 lladdr 02:00:00:00:00:09 nud permanent dev up0\n"
	"route add default via 192.0.2.1\n";

void host_make(struct simulated *s, const struct lab *l, const char *name, volatile bool *turn)
{
	static volatile bool nobody_asks;
	char text[160];

	*s = (struct simulated){ .turn = turn ? turn : &nobody_asks };
	snprintf(s->path, sizeof(s->path), "%s/%s", l->path, name);
	if (unshare(CLONE_NEWNET) < 0)
		host_fail("a network namespace needs root: %m");
	signal(SIGPIPE, SIG_IGN);
	host_run("rm -rf %s && mkdir -p %s/state/store %s/run %s/root/etc && "
		 "cp %s/repo/metadata/1.root.json %s/root.json && ip -batch - <<'END'\n%sEND",
		 s->path, s->path, s->path, s->path, l->path, s->path, network);
	snprintf(text, sizeof(text), "%s/web", s->path);
	setenv("SIM_WEB", text, 1);
	snprintf(text, sizeof(text), "%s/remedy-works", s->path);
	setenv("SIM_REMEDY", text, 1);
	host_serve(s, 1);
	write_config(s, l);
	s->probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s->probe < 0)
		host_fail("socket: %m");
}

void host_drop(struct simulated *s)
{
	host_stop(s);
	close(s->probe);
	s->config = config_free(s->config);
	host_run("rm -rf %s", s->path);
}

void host_serve(const struct simulated *s, unsigned web)
{
	char path[100], to[40];

	snprintf(path, sizeof(path), "%s/web", s->path);
	snprintf(to, sizeof(to), "../web%u", web);
	unlink(path);
	if (symlink(to, path) < 0)
		host_fail("%s: %m", path);
}

int host_start(struct simulated *s)
{
	struct daemon *d = calloc(1, sizeof(*d));
	int r;

	if (!d || sd_event_new(&s->loop) < 0)
		host_fail("no memory for a daemon");
	d->config = s->config;
	d->helpers = (struct helpers){ .config = s->config, .spawn = true };
	d->loop = s->loop;
	s->daemon = d;
	*s->turn = true;
	r = daemon_start(d);
	*s->turn = false;
	if (r < 0)
		host_stop(s);
	return r;
}

void host_stop(struct simulated *s)
{
	if (!s->daemon)
		return;
	*s->turn = true;
	daemon_stop(s->daemon);
	*s->turn = false;
	s->loop = sd_event_unref(s->loop);
	free(s->daemon);
	s->daemon = NULL;
}

/* Whoever leaves is started again, as systemd does. */
static void ensure_running(struct simulated *s)
{
	int r = 0;

	for (int i = 0; i < STARTS && !s->daemon; i++)
		r = host_start(s);
	if (!s->daemon)
		host_fail("it does not start: %s", strerror(-r));
}

/* What was ready, of which it takes one. */
static bool turn(struct simulated *s, uint64_t usec)
{
	int r;

	ensure_running(s);
	*s->turn = true;
	r = sd_event_run(s->loop, usec);
	*s->turn = false;
	if (r < 0)
		host_stop(s);
	return r != 0;
}

static bool helpers_work(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		;
	return pid == 0;
}

static bool pass_burst(uint64_t *left)
{
	uint64_t next = clocks_next();

	if (next > *left)
		return false;
	*left -= next;
	clocks_pass(next);
	return true;
}

void host_settle(struct simulated *s)
{
	uint64_t left = BURST_NS;
	int waited = 0;

	for (int i = 0; i < TURNS_MAX; i++) {
		if (turn(s, clocks_fire() ? FIRED_USEC : 0))
			waited = 0;
		else if (helpers_work() && waited < HELPER_MS)
			waited += turn(s, WAIT_MS * 1000) ? 0 : WAIT_MS;
		else if (!pass_burst(&left))
			return;
	}
	host_fail("it does not come to rest");
}

void host_wait(struct simulated *s, uint64_t most)
{
	uint64_t next = clocks_next();

	clocks_pass(next < most ? next : most);
	host_settle(s);
}

static int call(const struct simulated *s)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s/run/" CONTROL_SOCKET, s->path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		host_fail("%s: %m", to.sun_path);
	return fd;
}

char *host_ask(struct simulated *s, const char *verb)
{
	_free_ char *reply = calloc(1, CONTROL_REPLY_MAX + 1);
	_close_ int fd = -1;
	ssize_t n = -1;

	ensure_running(s);
	fd = call(s);
	if (!reply || send(fd, verb, strlen(verb), MSG_NOSIGNAL) < 0)
		return NULL;
	host_settle(s);
	for (int i = 0; i < ANSWER_WAITS; i++) {
		n = recv(fd, reply, CONTROL_REPLY_MAX, MSG_DONTWAIT);
		if (n >= 0 || errno != EAGAIN)
			break;
		host_wait(s, HOST_SECOND);
	}
	return n > 0 ? take(reply) : NULL;
}

static bool is_refused(const struct simulated *s)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };

	inet_pton(AF_INET, "198.51.100.9", &to.sin_addr);
	if (sendto(s->probe, "", 1, 0, (struct sockaddr *)&to, sizeof(to)) == 1)
		return false;
	if (errno != EPERM)
		host_fail("a packet could not be sent: %m");
	return true;
}

static bool read_requirement(const json_t *from, struct host_view *v)
{
	const char *grade, *standing;
	json_int_t until;

	if (v->n == HOST_REQUIREMENTS ||
	    json_unpack((json_t *)from, "{s:s, s:s, s:I}", "grade", &grade, "standing", &standing,
			"until", &until))
		return false;
	snprintf(v->of[v->n].grade, sizeof(v->of->grade), "%s", grade);
	snprintf(v->of[v->n].standing, sizeof(v->of->standing), "%s", standing);
	v->of[v->n++].until = until;
	return true;
}

static bool read_view(const char *text, struct host_view *ret)
{
	_drop_(drop_json_t) json_t *all = text ? json_loads(text, 0, NULL) : NULL;
	const char *state, *fault;
	json_t *requirements, *one;
	int quarantine;
	json_int_t now;
	size_t i;

	if (!all || json_unpack(all, "{s:s, s:b, s:s, s:I, s:o}", "state", &state, "quarantine",
				&quarantine, "enforce_fault", &fault, "now", &now, "requirements",
				&requirements))
		return false;
	*ret = (struct host_view){ .quarantine = quarantine, .now = now };
	snprintf(ret->state, sizeof(ret->state), "%s", state);
	snprintf(ret->fault, sizeof(ret->fault), "%s", fault);
	json_array_foreach(requirements, i, one)
		if (!read_requirement(one, ret))
			return false;
	return true;
}

static bool is_kept_in(const struct host_view *v)
{
	return !strcmp(v->state, "quarantined") || !strcmp(v->state, "held");
}

void host_look(struct simulated *s, struct host_view *ret)
{
	struct host_view v;
	bool answered = false;

	host_settle(s); /* so that no more happens between the answer and the packet */
	for (int i = 0; i < STARTS && !answered; i++) {
		_free_ char *text = host_ask(s, "status");

		answered = read_view(text, &v);
	}
	if (!answered)
		host_fail("it does not tell its status");
	v.held = is_refused(s);
	if (v.quarantine != v.held)
		host_fail("status says %s, and the network is %s", v.quarantine ? "held" : "open",
			  v.held ? "held" : "open");
	if (is_kept_in(&v) != v.held && !*v.fault)
		host_fail("%s, and the network is %s, and nothing says so", v.state,
			  v.held ? "held" : "open");
	if (is_kept_in(&s->seen) && s->seen.held && is_kept_in(&v) && !v.held)
		host_fail("a fault has opened the quarantine: %s", v.fault);
	s->seen = *ret = v;
}

/* What the person at the helpdesk answers to a challenge, after the word "release". */
static void grant(const struct simulated *s, const char *challenge, char *ret, size_t room)
{
	char command[400];
	FILE *p;

	snprintf(command, sizeof(command),
		 "cd %s/.. && bin/lazaret-policy release --challenge %.39s --for 1h --reason why "
		 "--key helpdesk.pem 2>/dev/null",
		 s->path, challenge);
	p = popen(command, "r");
	if (!p || !fgets(ret, (int)room, p))
		host_fail("no token for %s", challenge);
	pclose(p);
	ret[strcspn(ret, "\n")] = '\0';
}

void host_release(struct simulated *s)
{
	static const char before[] = "\"challenge\":\"", release[] = "release ";

	for (int i = 0; i < RELEASE_TRIES && strcmp(s->seen.state, "released"); i++) {
		_free_ char *asked = host_ask(s, "release");
		const char *from = asked ? strstr(asked, before) : NULL;
		char verb[CONTROL_VERB_MAX] = "release ";

		clocks_pass(RELEASE_PAUSE * HOST_SECOND);
		if (!from)
			continue;
		grant(s, from + strlen(before), verb + strlen(release),
		      sizeof(verb) - strlen(release));
		free(host_ask(s, verb));
		host_look(s, &s->seen);
	}
}
