// SPDX-License-Identifier: GPL-2.0-or-later
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "tests/sim/host.h"
#include "tests/unit/test.h"
#include "tests/unit/vet-lab.h"

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
	host_run("cd %s && mkdir bin && touch ca.pem && O=%s/../.. && ln -s $O/policy/lazaret-vet "
		 "$O/policy/lazaret-policy $O/agent/clerk/lazaret-clerk bin && "
		 "ln -s %s/helper bin/lazaret-fetch && ln -s %s/helper bin/lazaret-remedy && "
		 "bin/lazaret-policy keygen --no-passphrase helpdesk.pem >out && "
		 "bin/lazaret-policy release --public helpdesk.pub --for 1h >rule",
		 l->path, self, self, self);
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
