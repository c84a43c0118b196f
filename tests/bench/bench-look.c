// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `lazaret look patches` as a whole process, beside the least it could cost (limit-patches) and
 * beside what others ask of the same host, by the number of packages and of advisories.  All of
 * them answer the same question; that they give the same answer is checked first.  Peers that are
 * not installed are left out.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS	 41
#define ARGS_MAX 24
#define LINE_MAX 4096

struct figure {
	double ms, mib, million; /* wall, most memory, instructions; 0 unknown */
};

static const struct {
	unsigned packages, advisories;
	int peers; /* are they measured, too? */
} sizes[] = {
	{ 500, 5000, 0 },   { 2500, 1000, 0 },	{ 2500, 5000, 1 },
	{ 2500, 50000, 0 }, { 10000, 5000, 0 },
};
enum { MIDDLE = 2, MANY_ADVISORIES, MANY_PACKAGES };

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
		argv[n++] = word;
	argv[n] = NULL;
}

static double run_once(char **argv, struct rusage *u)
{
	struct timespec a, b;
	int status;
	pid_t pid;

	clock_gettime(CLOCK_MONOTONIC, &a);
	pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 1);
		dup2(null, 2);
		execvp(argv[0], argv);
		_exit(127);
	}
	wait4(pid, &status, 0, u);
	clock_gettime(CLOCK_MONOTONIC, &b);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return -1;
	return (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
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

/* 0, or -1 when the program is not there or fails. */
static int measure(const char *line, int runs, struct figure *ret)
{
	char words[LINE_MAX], *argv[ARGS_MAX];
	struct figure f = { 0 };
	double ms[RUNS];
	struct rusage u;

	snprintf(words, sizeof(words), "%s", line);
	split(words, argv);
	for (int i = 0; i < runs; i++) {
		ms[i] = run_once(argv, &u);
		if (ms[i] < 0)
			return -1;
		if ((double)u.ru_maxrss / 1024 > f.mib)
			f.mib = (double)u.ru_maxrss / 1024;
	}
	qsort(ms, (size_t)runs, sizeof(*ms), compare);
	f.ms = ms[runs / 2];
	f.million = count_instructions(line);
	*ret = f;
	return 0;
}

static void print(const char *who, unsigned packages, unsigned advisories, const struct figure *f)
{
	printf("%s, %u packages, %u advisories\t%.2f\tms\n", who, packages, advisories, f->ms);
	printf("%s, most memory\t%.1f\tMiB%s\n", who, f->mib,
	       strcmp(who, "lazaret look") ? ""
	       : advisories > 5000	   ? ""
					   : "\t3.5");
	if (f->million > 0)
		printf("%s, instructions\t%.2f\tmillion\n", who, f->million);
}

static void measure_peers(unsigned packages, unsigned advisories)
{
	char lines[3][LINE_MAX];
	static const char *const names[] = { "dpkg-query -W", "debsecan", "apt list --upgradable" };
	struct figure f;

	shell("mkdir -p %s/updates %s/info %s/debsecan", dir, dir, dir);
	shell("cd %s && { echo VERSION 1; cat debsecan.names; echo; cat debsecan.rows; echo; } "
	      ">all && "
	      "python3 -c 'import "
	      "sys,zlib;sys.stdout.buffer.write(zlib.compress(open(\"all\",\"rb\").read()))' "
	      ">debsecan/bench 2>/dev/null",
	      dir);
	snprintf(lines[0], LINE_MAX, "dpkg-query --admindir=%s -W", dir);
	snprintf(lines[1], LINE_MAX,
		 "debsecan --source file://%s/debsecan --suite bench --status %s/status --format "
		 "packages",
		 dir, dir);
	snprintf(lines[2], LINE_MAX, "apt list --upgradable -o Dir::State::status=%s/status", dir);
	/* What says something else than the truth is no peer. */
	if (shell("%s 2>/dev/null | cmp -s - %s/truth", lines[1], dir))
		strcpy(lines[1], "false");
	for (size_t i = 0; i < 3; i++)
		if (measure(lines[i], 5, &f) == 0)
			print(names[i], packages, advisories, &f);
}

static int measure_size(const char *O, size_t i, struct figure *ours, struct figure *limit)
{
	unsigned packages = sizes[i].packages, advisories = sizes[i].advisories;
	char line[LINE_MAX], least[LINE_MAX];

	if (shell("%s/tests/bench/make-patches %s %u %u", O, dir, packages, advisories))
		return -1;
	snprintf(line, sizeof(line),
		 "%s/agent/lazaret look patches --dpkg-status %s/status --feed %s/feed --plain", O,
		 dir, dir);
	snprintf(least, sizeof(least), "%s/tests/bench/limit-patches %s/status %s/advisories", O,
		 dir, dir);
	if (shell("%s | cut -d' ' -f1 | cmp - %s/truth && %s | cmp - %s/truth", line, dir, least,
		  dir) ||
	    measure(line, RUNS, ours) < 0 || measure(least, RUNS, limit) < 0)
		return -1;
	print("lazaret look", packages, advisories, ours);
	print("least possible", packages, advisories, limit);
	if (sizes[i].peers)
		measure_peers(packages, advisories);
	return 0;
}

int main(void)
{
	const char *O = getenv("O");
	struct figure ours[5], limit[5];
	int r = 0;

	if (!O || !mkdtemp(dir))
		return 1;
	for (size_t i = 0; i < 5 && r == 0; i++)
		r = measure_size(O, i, &ours[i], &limit[i]);
	shell("rm -rf %s", dir);
	if (r < 0)
		return 1;
	printf("look, times the least possible\t%.2f\tx\t1.5\n",
	       ours[MIDDLE].ms / limit[MIDDLE].ms);
	if (ours[MIDDLE].million > 0)
		printf("look, instructions, times the least possible\t%.2f\tx\t1.3\n",
		       ours[MIDDLE].million / limit[MIDDLE].million);
	printf("look, 10,000 packages to 2,500\t%.2f\tx\t2.5\n",
	       ours[MANY_PACKAGES].ms / ours[MIDDLE].ms);
	printf("look, 50,000 advisories to 5,000\t%.2f\tx\t1.5\n",
	       ours[MANY_ADVISORIES].ms / ours[MIDDLE].ms);
	return 0;
}
