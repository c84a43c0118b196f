// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A host goes its way: a policy, quarantine, another policy, a firewall, another network, a repair,
 * a release, a restart.  On the way one system call of the daemon fails in each step, in one
 * run after the other a later one, or one piece of memory is not to be had.  The daemon does not
 * crash, the host is not open when it should be held, what status says is so, each step ends as it
 * does without the fault, and nothing that happens is unheard of afterwards.
 *
 * FAULTS_EVERY=1 takes them all, which takes an hour; without, it is a sample.  FAULTS_AT=N is the
 * N-th call of each step alone, FAULTS_TEST=test_memory one kind, FAULTS_LINES=N more of the log.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "tests/sim/clocks.h"
#include "tests/sim/host.h"
#include "tests/sim/inject.h"
#include "tests/unit/test.h"
#include "tests/unit/vet-lab.h"

#ifdef __SANITIZE_ADDRESS__
#define SAMPLE 4 /* runs, or thereabouts */
#else
#define SAMPLE 8
#endif
#define FINDINGS      30 /* enough to look at */
#define RESTS	      30
#define REPAIR_WITHIN (4 * 3600 * HOST_SECOND)

static bool has(const char *command, const char *words)
{
	char line[4096];
	FILE *p = popen(command, "r");
	bool found = false;

	while (p && fgets(line, sizeof(line), p))
		found |= strstr(line, words) != NULL;
	return p && pclose(p) == 0 && found;
}

static void start(struct simulated *s)
{
	(void)s; /* whatever is asked of it starts it */
}

static void edit(struct simulated *s)
{
	host_serve(s, 2);
	free(host_ask(s, "refresh"));
}

static bool is_edited(void)
{
	return has("nft list table inet lazaret", "192.0.2.72");
}

static void close_firewall(struct simulated *s)
{
	static const char *const verbs[] = { "check", "history", "policy", "firewall",
					     "lacking 0" };

	host_run("nft 'table inet host { chain input { type filter hook input priority 0; policy "
		 "drop; }; }'");
	for (size_t i = 0; i < COUNT(verbs); i++)
		free(host_ask(s, verbs[i]));
}

static void roam(struct simulated *s)
{
	(void)s;
	host_run("ip route replace default via 192.0.2.2");
}

static void open_firewall(struct simulated *s)
{
	host_run("touch %s/remedy-works && nft delete table inet host", s->path);
}

static bool is_closed(void)
{
	return has("nft list table inet host", "drop");
}

static void lose_firewall(struct simulated *s)
{
	host_run("rm %s/remedy-works && nft delete table inet host", s->path);
}

static void outlast(struct simulated *s)
{
	(void)s;
	clocks_pass(3600 * HOST_SECOND);
}

static void restart(struct simulated *s)
{
	host_stop(s);
}

static const struct step {
	const char *name;
	void (*act)(struct simulated *s);
	const char *state;
	bool (*also)(void);
} steps[] = {
	{ "a first policy", start, "quarantined", NULL },
	{ "another policy", edit, "quarantined", is_edited },
	{ "a firewall", close_firewall, "compliant", NULL },
	{ "another network", roam, "compliant", NULL },
	{ "a repair", open_firewall, "compliant", is_closed },
	{ "a repair that fails", lose_firewall, "quarantined", NULL },
	{ "a release", host_release, "released", NULL },
	{ "its end", outlast, "quarantined", NULL },
	{ "a restart", restart, "quarantined", NULL },
};

/* Shared with the child. */
struct tally {
	unsigned calls[COUNT(steps)];  /* of each step, in a run without faults */
	int descriptors[COUNT(steps)]; /* after each, the same */
	unsigned step, faults;
};

struct world {
	struct lab *lab;
	struct inject *inject;
	struct tally *tally;
};

static bool has_arrived(const struct step *step, const struct host_view *v)
{
	return !strcmp(v->state, step->state) && !*v->fault && (!step->also || step->also());
}

static void go(struct simulated *s, const struct step *step)
{
	uint64_t end;
	struct host_view v;

	step->act(s);
	end = clocks_now() + REPAIR_WITHIN;
	for (host_look(s, &v); !has_arrived(step, &v); host_look(s, &v)) {
		if (clocks_now() > end)
			host_fail("it is not repaired: %s", host_ask(s, "status"));
		host_wait(s, 60 * HOST_SECOND);
	}
}

static int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (dir && readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* A talk that is still under way has some, too, and comes to its end. */
static void count_descriptors(struct simulated *s, const struct inject *i, int *without)
{
	int n = descriptors();

	if (!i->at)
		*without = n;
	for (int k = 0; k < RESTS && n > *without; k++) {
		host_wait(s, 60 * HOST_SECOND);
		n = descriptors();
	}
	if (n > *without && system("ls -l /proc/$PPID/fd >&2") == 0)
		host_fail("%d descriptors are open, %d without the faults", n, *without);
}

enum { HEARD_FILES = 1, HEARD_RULES = 2, HEARD_NETWORK = 4 };
static unsigned heard;

void __real_round_look_at(struct daemon *d, unsigned checks, const char *cause);
void __wrap_round_look_at(struct daemon *d, unsigned checks, const char *cause);
void __wrap_round_look_at(struct daemon *d, unsigned checks, const char *cause)
{
	heard |= !strcmp(cause, "files changed")	    ? HEARD_FILES
		 : !strcmp(cause, "firewall rules changed") ? HEARD_RULES
							    : 0;
	__real_round_look_at(d, checks, cause);
}

void __real_round_look(struct daemon *d, const char *cause);
void __wrap_round_look(struct daemon *d, const char *cause);
void __wrap_round_look(struct daemon *d, const char *cause)
{
	if (!strcmp(cause, "network changed") || !strcmp(cause, "another network"))
		heard |= HEARD_NETWORK;
	__real_round_look(d, cause);
}

/* What failed before must not have made it deaf to anything. */
static void hear(struct simulated *s, struct inject *i)
{
	const unsigned at = i->at;

	i->at = 0;
	heard = 0;
	host_run("touch %s/root/etc/nftables.conf && ip addr add 198.18.0.1 dev lo && "
		 "nft 'table inet other { }; delete table inet other'",
		 s->path);
	for (int k = 0; k < RESTS && heard != (HEARD_FILES | HEARD_RULES | HEARD_NETWORK); k++)
		host_wait(s, HOST_SECOND);
	if (heard != (HEARD_FILES | HEARD_RULES | HEARD_NETWORK))
		host_fail("it is deaf: heard %x of 7", heard);
	i->at = at;
}

/* The child's part. */
static void journey(struct world *w)
{
	struct inject *inject = w->inject;
	struct simulated s;

	host_make(&s, w->lab, "host", &inject->turn);
	inject_me(inject);
	for (size_t i = 0; i < COUNT(steps); i++) {
		w->tally->step = (unsigned)i;
		if (steps[i].act == restart)
			hear(&s, inject);
		inject->seen = 0;
		inject->err = 0;
		go(&s, &steps[i]);
		w->tally->faults += inject->err != 0;
		count_descriptors(&s, inject, &w->tally->descriptors[i]);
		if (!inject->at)
			w->tally->calls[i] = inject->seen;
		if (inject->err)
			fprintf(stderr, "# %s: %s %s\n", steps[i].name, inject_name(inject),
				strerror(inject->err));
	}
	host_drop(&s);
}

static unsigned number(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);

	return text ? (unsigned)atoi(text) : otherwise;
}

static void show_log(const struct world *w)
{
	char command[120];

	snprintf(command, sizeof(command), "tail -n %u %s/log | sed 's/^/# /' >&2",
		 number("FAULTS_LINES", 25), w->lab->path);
	(void)!system(command);
}

static bool run(struct world *w, bool memory, unsigned at, unsigned which)
{
	struct inject *i = w->inject;
	char log[100];
	pid_t child;
	int status, fd;

	i->memory = memory;
	i->at = at;
	i->which = which;
	i->listener = -1;
	snprintf(log, sizeof(log), "%s/log", w->lab->path);
	child = fork();
	if (child == 0) {
		fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		dup2(fd, 2);
		journey(w);
		_exit(0);
	}
	status = inject_follow(i, child);
	if (status == 0)
		return true;
	print_error("%s %u, fault %u: %s, %s %s: %s %d\n", memory ? "memory" : "call", at, which,
		    steps[w->tally->step].name, inject_name(i), strerror(i->err),
		    WIFSIGNALED(status) ? "signal" : "status",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	show_log(w);
	return false;
}

/* Each step has its at-th call fail in the same run: it is repaired before the next begins. */
static void fail_each(struct world *w, bool memory)
{
	unsigned char *kinds = w->inject->kinds;
	unsigned most = 0, all = 0, every, bad = 0, runs = 0, nth = 0;
	const unsigned only = number("FAULTS_AT", 0);

	memset(kinds, 0, sizeof(w->inject->kinds));
	assert_true(run(w, memory, 0, 0));
	for (size_t i = 0; i < COUNT(steps); i++) {
		all += w->tally->calls[i];
		if (w->tally->calls[i] > most)
			most = w->tally->calls[i];
	}
	assert_in_range(most, 100, INJECT_MAX - 1);
	w->tally->faults = 0;
	every = number("FAULTS_EVERY", only ? 1 : 2 * most / SAMPLE);
	for (unsigned at = only ? only : 1; at <= (only ? only : most); at++)
		for (unsigned which = 0; which < kinds[at] && bad < FINDINGS; which++)
			if (nth++ % every == number("FAULTS_FROM", 0))
				bad += !run(w, memory, at, which), runs++;
	print_message("%u %s, %u faults in %u runs, %u with a finding\n", all,
		      memory ? "allocations" : "system calls", w->tally->faults, runs, bad);
	assert_int_equal(bad, 0);
}

static void test_system_calls(void **state)
{
	fail_each(*state, false);
}

#ifndef __SANITIZE_ADDRESS__
static void test_memory(void **state)
{
	fail_each(*state, true);
}
#endif

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->inject = inject_new();
	w->tally = mmap(NULL, sizeof(*w->tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	*state = w;
	if (lab_open((void **)&w->lab))
		return -1;
	host_lab(w->lab, "\"requirements\": [{\"id\": \"firewall\", \"check\": \"firewall\", "
			 "\"grace\": \"0s\", \"remedies\": [\"firewall-enable\"]}]");
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	inject_free(w->inject);
	munmap(w->tally, sizeof(*w->tally));
	lab_close((void **)&w->lab);
	free(w);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_system_calls),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(test_memory),
#endif
	};

	cmocka_set_test_filter(getenv("FAULTS_TEST"));
	return cmocka_run_group_tests_name("faults", tests, set_up, tear_down);
}
