// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `lazaret look patches` as a whole process, beside the least it could cost (limit-patches) and
 * beside what others ask of the same host, by the number of packages and of advisories.  All of
 * them answer the same question; who gives another answer than the truth is no peer, and ours
 * and the limit have to give it.  They run in turns, and the least of many runs counts: other work
 * on this machine only ever adds.  Peers that are not installed are left out.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/count.h"
#include "tests/bench/row.h"

#define RUNS	  61
#define PEER_RUNS 3
#define ARGS_MAX  24
#define LINE_MAX  4096
#define WHAT_MAX  128

enum size { SMALL, FEW_ADVISORIES, MIDDLE, MANY_ADVISORIES, MANY_PACKAGES, SIZES };
static const struct {
	unsigned packages, advisories;
} sizes[SIZES] = {
	[SMALL] = { 500, 5000 },	   [FEW_ADVISORIES] = { 2500, 1000 },
	[MIDDLE] = { 2500, 5000 },	   [MANY_ADVISORIES] = { 2500, 50000 },
	[MANY_PACKAGES] = { 10000, 5000 },
};

/* A command, @ the folder with the host and ^ the build; and what of its output is the answer. */
enum who { OURS, LIMIT, DPKG_QUERY, DEBSECAN, APT_LIST, APT_GET, WHO };
#define APT                                                                         \
	"-o Dir=@/apt -o Dir::State::status=@/status -o Dir::Etc::Parts=/dev/null " \
	"-o APT::Architecture=amd64 -o APT::Architectures=amd64 -o Debug::NoLocking=1 "
static const struct {
	const char *name, *line, *words;
} programs[WHO] = {
	[OURS] = { "lazaret look",
		   "^/agent/lazaret look patches --dpkg-status @/status --feed @/feed "
		   "--plain",
		   "cut -d' ' -f1" },
	[LIMIT] = { "the least possible", "^/tests/bench/limit-patches @/status @/advisories",
		    "cat" },
	[DPKG_QUERY] = { "dpkg-query -W", "dpkg-query --admindir=@ -W", NULL },
	[DEBSECAN] = { "debsecan",
		       "debsecan --source file://@/debsecan --suite bench --status @/status "
		       "--format packages",
		       "cat" },
	[APT_LIST] = { "apt list", "apt list --upgradable " APT, "sed -n 's|/.*||p'" },
	[APT_GET] = { "apt-get -s", "apt-get -s dist-upgrade " APT, "awk '/^Inst/ { print $2 }'" },
};

struct job {
	enum who who;
	char line[LINE_MAX];
	int runs; /* left */
	bool fails;
	double ms, mib, million; /* wall, most memory, instructions; 0: not known */
};

static char dir[] = "/tmp/lazaret-bench.XXXXXX";

static int shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static int shell(const char *fmt, ...)
{
	char line[LINE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	return system(line);
}

/* Words of a line, without any quoting. */
static void split(char *line, char **argv)
{
	size_t n = 0;

	for (char *word; n < ARGS_MAX - 1 && (word = strsep(&line, " "));)
		if (*word)
			argv[n++] = word;
	argv[n] = NULL;
}

static pid_t start(char **argv)
{
	pid_t pid = fork();

	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 1);
		dup2(null, 2);
		execvp(argv[0], argv);
		_exit(127);
	}
	return pid;
}

static void run(struct job *j)
{
	char words[LINE_MAX], *argv[ARGS_MAX];
	struct timespec a, b;
	struct rusage u;
	int status = 0;
	double ms;

	strcpy(words, j->line);
	split(words, argv);
	clock_gettime(CLOCK_MONOTONIC, &a);
	if (wait4(start(argv), &status, 0, &u) < 0 || status)
		j->fails = true;
	clock_gettime(CLOCK_MONOTONIC, &b);
	ms = (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
	if (!j->ms || ms < j->ms)
		j->ms = ms;
	if ((double)u.ru_maxrss / 1024 > j->mib)
		j->mib = (double)u.ru_maxrss / 1024;
	j->runs--;
}

static double count_instructions(const char *line)
{
	char text[64] = "", command[LINE_MAX];
	FILE *p;

	snprintf(command, sizeof(command),
		 "valgrind --tool=callgrind --callgrind-out-file=/dev/null %s 2>&1 >/dev/null | "
		 "sed -n 's/.*Collected : //p'",
		 line);
	p = popen(command, "r");
	if (p && !fgets(text, sizeof(text), p))
		text[0] = '\0';
	if (p)
		pclose(p);
	return strtod(text, NULL) / 1e6;
}

/* The host again, as debsecan and apt want it. */
static int prepare_peers(const char *host)
{
	return shell("cd %s && mkdir -p updates info debsecan apt/etc/apt/preferences.d "
		     "apt/var/lib/apt/lists/partial apt/var/cache/apt/archives/partial && "
		     "{ echo VERSION 1; cat debsecan.names; echo; cat debsecan.rows; echo; } | "
		     "python3 -c 'import sys, zlib; i = sys.stdin.buffer.read(); "
		     "sys.stdout.buffer.write(zlib.compress(i))' >debsecan/bench && "
		     "echo 'deb [trusted=yes] http://bench.invalid/ bench main' "
		     ">apt/etc/apt/sources.list && cd apt/var/lib/apt/lists && "
		     "cp ../../../../../Packages "
		     "bench.invalid_dists_bench_main_binary-amd64_Packages && "
		     "printf 'Suite: bench\\nCodename: bench\\nDate: %%s\\nArchitectures: amd64\\n"
		     "Components: main\\nSHA256:\\n 00 %%s main/binary-amd64/Packages\\n' "
		     "\"$(LC_ALL=C date -uR | sed s/+0000/UTC/)\" \"$(stat -c %%s *_Packages)\" "
		     ">bench.invalid_dists_bench_Release",
		     host);
}

static void expand(const char *line, const char *host, const char *O, char out[LINE_MAX])
{
	size_t n = 0;

	for (; *line && n < LINE_MAX - 1; line++) {
		const char one[2] = { *line, '\0' };
		const char *text = *line == '@' ? host : *line == '^' ? O : one;

		n += (size_t)snprintf(out + n, LINE_MAX - n, "%s", text);
	}
}

static bool tells_the_truth(const struct job *j, const char *host)
{
	const char *words = programs[j->who].words;

	return !words || !shell("%s 2>/dev/null | %s | LC_ALL=C sort | cmp -s - %s/truth", j->line,
				words, host);
}

static int prepare(const char *O, enum size s, struct job *jobs)
{
	char host[LINE_MAX / 4];

	snprintf(host, sizeof(host), "%s/%d", dir, (int)s);
	if (shell("mkdir %s && %s/tests/bench/make-patches %s %u %u", host, O, host,
		  sizes[s].packages, sizes[s].advisories) ||
	    prepare_peers(host))
		return -1;
	for (int who = 0; who < WHO; who++) {
		struct job *j = &jobs[who];

		j->who = (enum who)who;
		expand(programs[who].line, host, O, j->line);
		j->runs = who <= LIMIT ? RUNS : PEER_RUNS;
		j->fails = !tells_the_truth(j, host);
	}
	return 0;
}

static void measure(struct job jobs[SIZES][WHO])
{
	for (int left = RUNS; left > 0; left--)
		for (int s = 0; s < SIZES; s++)
			for (int who = 0; who < WHO; who++)
				if (jobs[s][who].runs >= left && !jobs[s][who].fails)
					run(&jobs[s][who]);
	for (int s = 0; s < SIZES; s++)
		for (int who = 0; who < WHO; who++)
			if (!jobs[s][who].fails)
				jobs[s][who].million = count_instructions(jobs[s][who].line);
}

static void tell(enum size s, const struct job *j)
{
	char what[WHAT_MAX];
	const struct row rows[] = {
		{ .what = what, .ours = j->ms, .unit = "ms" },
		{ .what = what, .ours = j->million, .unit = "million instructions" },
		{ .what = what, .ours = j->mib, .unit = "MiB" },
	};

	snprintf(what, sizeof(what), "%s, %u packages, %u advisories", programs[j->who].name,
		 sizes[s].packages, sizes[s].advisories);
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].ours > 0)
			row_print(&rows[i]);
}

static void compare(const struct job jobs[SIZES][WHO])
{
	const struct job *ours = &jobs[MIDDLE][OURS], *limit = &jobs[MIDDLE][LIMIT];
	const struct row rows[] = {
		{ "patch check, 2,500 packages: wall", "ms", ours->ms, "1.5x", 1, "plain C",
		  limit->ms },
		{ "patch check: instructions", "million", ours->million, "1.3x", 1, "plain C",
		  limit->million },
		{ "patch check: most memory", "MiB", ours->mib, "3.5", 1, NULL, 0 },
		{ "10,000 packages beside 2,500: wall", "ms", jobs[MANY_PACKAGES][OURS].ms, "2.5x",
		  3, "2,500", ours->ms },
		{ "50,000 advisories beside 5,000: wall", "ms", jobs[MANY_ADVISORIES][OURS].ms,
		  "1.5x", 3, "5,000", ours->ms },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].ours > 0)
			row_print(&rows[i]);
	for (int who = DPKG_QUERY; who < WHO; who++) {
		const struct job *j = &jobs[MIDDLE][who];
		struct row r = { "patch check: instructions", "million", ours->million, NULL, 1,
				 programs[who].name,	      j->million };

		if (!j->fails && j->million > 0)
			row_print(&r);
	}
}

static int bench(const char *O, struct job jobs[SIZES][WHO])
{
	for (int s = 0; s < SIZES; s++)
		if (prepare(O, (enum size)s, jobs[s]) < 0)
			return -1;
	measure(jobs);
	for (int s = 0; s < SIZES; s++) {
		if (jobs[s][OURS].fails || jobs[s][LIMIT].fails) {
			fprintf(stderr, "bench-look: not the truth, or no success: %s\n",
				jobs[s][jobs[s][OURS].fails ? OURS : LIMIT].line);
			return -1;
		}
		for (int who = 0; who < WHO; who++)
			if (!jobs[s][who].fails)
				tell((enum size)s, &jobs[s][who]);
	}
	compare(jobs);
	return 0;
}

int main(void)
{
	static struct job jobs[SIZES][WHO];
	const char *O = getenv("O");
	int r;

	if (!O || !mkdtemp(dir))
		return 1;
	r = bench(O, jobs);
	shell("rm -rf %s", dir);
	return r < 0;
}
