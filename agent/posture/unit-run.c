// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/unit.h"

#define CGROUP_FILE_MAX (64 * 1024)
#define CGROUP_NAME_MAX 64
#define STAT_MAX	4096
#define ENOUGH		20 /* of a processor one part in so many */
#define COMM_MAX	15 /* TASK_COMM_LEN without its NUL */

/*
 * Where services are, and where ours puts those that repair needs (systemd/repair.conf.in): in the
 * unified tree, and in the two of a hybrid.
 */
const char *const unit_slices[] = {
	"sys/fs/cgroup/system.slice",
	"sys/fs/cgroup/lazaret.slice",
	"sys/fs/cgroup/unified/system.slice",
	"sys/fs/cgroup/unified/lazaret.slice",
	"sys/fs/cgroup/systemd/system.slice",
	"sys/fs/cgroup/systemd/lazaret.slice",
	NULL,
};

/* As it stands in names (systemd-escape(1)); cut where there is no room. */
static void escape(const char *text, size_t n, char *ret, size_t room)
{
	size_t at = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < n && at + sizeof("\\x2d") <= room; i++) {
		bool plain = isalnum((unsigned char)text[i]) || strchr(":_.", text[i]);

		at += (size_t)sprintf(ret + at, plain ? "%c" : "\\x%02x", text[i]);
	}
}

void unit_cgroup_path(const char *slice, const char *unit, const char *file,
		      char ret[UNIT_PATH_MAX])
{
	const char *at = strchr(unit, '@');
	char prefix[UNIT_PATH_MAX / 2];

	if (!at || strcmp(strrchr(slice, '/') + 1, "system.slice")) {
		snprintf(ret, UNIT_PATH_MAX, "%s/%s/%s", slice, unit, file);
		return;
	}
	escape(unit, (size_t)(at - unit), prefix, sizeof(prefix));
	snprintf(ret, UNIT_PATH_MAX, "%s/system-%s.slice/%s/%s", slice, prefix, unit, file);
}

static int read_cgroup(int root, const char *unit, const char *file, char **ret)
{
	size_t len;
	int r = -ENOENT;

	for (size_t i = 0; r == -ENOENT && unit_slices[i]; i++) {
		char path[UNIT_PATH_MAX];

		unit_cgroup_path(unit_slices[i], unit, file, path);
		r = io_read(root, path, CGROUP_FILE_MAX, ret, &len);
	}
	return r;
}

bool unit_is_populated(int root, const char *unit)
{
	_free_ char *events = NULL;

	return read_cgroup(root, unit, "cgroup.events", &events) == 0 &&
	       strstr(events, "populated 1");
}

struct timespec unit_begun(int root, const char *unit)
{
	char path[UNIT_PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "run/systemd/units/invocation:%s", unit);
	if (fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return (struct timespec){ 0 };
	return st.st_mtim;
}

/* "12 (clamd) S 1 ...": the name may have blanks and brackets, so it ends at the last one. */
static bool read_stat(int root, long pid, char comm[COMM_MAX + 1], char *state)
{
	_free_ char *text = NULL;
	char path[40], *from, *to;
	size_t len;

	snprintf(path, sizeof(path), "proc/%ld/stat", pid);
	if (io_read(root, path, STAT_MAX, &text, &len) < 0)
		return false;
	from = strchr(text, '(');
	to = strrchr(text, ')');
	if (!from || !to || to < from || to[1] != ' ' || to - from - 1 > COMM_MAX)
		return false;
	memcpy(comm, from + 1, (size_t)(to - from - 1));
	comm[to - from - 1] = '\0';
	*state = to[2];
	return true;
}

/* "max 100000" or "QUOTA PERIOD", in microseconds; without the controller there is no file. */
static bool starves(int root, const char *cgroup)
{
	_free_ char *text = NULL;
	unsigned long long quota, period;
	char path[UNIT_PATH_MAX + sizeof("/cpu.max")];
	size_t len;

	snprintf(path, sizeof(path), "%s/cpu.max", cgroup);
	return io_read(root, path, CGROUP_FILE_MAX, &text, &len) == 0 &&
	       sscanf(text, "%llu %llu", &quota, &period) == 2 && quota < period / ENOUGH;
}

/* What a slice is given is shared by all that is in it. */
static void add_limits(int root, const char *unit, struct unit_run *run)
{
	for (size_t i = 0; unit_slices[i]; i++) {
		char path[UNIT_PATH_MAX], *end;

		unit_cgroup_path(unit_slices[i], unit, "", path);
		if (faccessat(root, path, F_OK, 0) < 0)
			continue;
		*strrchr(path, '/') = '\0';
		run->starved |= starves(root, path);
		while ((end = strrchr(path, '/')) >= path + strlen(unit_slices[i])) {
			*end = '\0';
			run->slice_starved |= starves(root, path);
		}
	}
}

/* Without " (deleted)", which it is called after an update until it is started anew. */
static bool read_exe(int root, long pid, char exe[PATH_MAX])
{
	static const char deleted[] = " (deleted)";
	const size_t end = sizeof(deleted) - 1;
	char path[40];
	ssize_t n;

	snprintf(path, sizeof(path), "proc/%ld/exe", pid);
	n = readlinkat(root, path, exe, PATH_MAX - 1);
	if (n <= 0 || *exe != '/')
		return false;
	exe[n] = '\0';
	if ((size_t)n > end && !strcmp(exe + n - end, deleted))
		exe[(size_t)n - end] = '\0';
	return true;
}

/* By name, or by a link on the way: /bin, where that is /usr/bin. */
static bool is_same_file(int root, const char *a, const char *b)
{
	struct stat s, t;

	return !strcmp(a, b) ||
	       (fstatat(root, a + 1, &s, 0) == 0 && fstatat(root, b + 1, &t, 0) == 0 &&
		s.st_dev == t.st_dev && s.st_ino == t.st_ino);
}

/* What runs is its interpreter then. */
static bool is_script(int root, const char *program)
{
	_close_ int fd = openat(root, program + 1, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char head[2];

	return fd >= 0 && read(fd, head, sizeof(head)) == 2 && !memcmp(head, "#!", 2);
}

/* Anybody may give himself a name: that tells only where the executable cannot be seen. */
static bool is_program(int root, long pid, const char *comm, const char *program)
{
	const char *base = strrchr(program, '/');
	char exe[PATH_MAX];

	if (!base)
		return false;
	if (read_exe(root, pid, exe) && !is_script(root, program))
		return is_same_file(root, exe, program);
	return !strncmp(comm, base + 1, COMM_MAX);
}

static bool is_stopped(char state)
{
	return state == 'T' || state == 't';
}

bool unit_run_is_stopped(const struct unit_run *run)
{
	return is_stopped(run->state);
}

static void hide(struct unit_run *run, long pid)
{
	if (run->n_hidden < UNIT_HIDDEN)
		run->hidden[run->n_hidden++] = (pid_t)pid;
	if (!run->pid)
		run->pid = (pid_t)pid;
}

/* A product of several programs is switched off by stopping one that has another name. */
static void add_process(struct unit_run *run, long pid, bool named, char state)
{
	if (state == 'Z' || state == 'X' || is_stopped(run->state) ||
	    (!named && !is_stopped(state)))
		return;
	run->pid = (pid_t)pid;
	run->state = state;
}

static bool add_processes(int root, const struct provider_unit *of, const char *file,
			  struct unit_run *run)
{
	_free_ char *procs = NULL;
	char *rest, *line;

	if (read_cgroup(root, of->name, file, &procs) < 0)
		return false;
	for (line = strtok_r(procs, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char comm[COMM_MAX + 1], state;
		long pid = strtol(line, NULL, 10);

		if (read_stat(root, pid, comm, &state))
			add_process(run, pid, is_program(root, pid, comm, of->program), state);
		else
			hide(run, pid);
	}
	return true;
}

/* A product may put its processes into cgroups of its own there (systemd.unit(5), Delegate=). */
static void add_delegated(int root, const struct provider_unit *of, struct unit_run *run)
{
	for (size_t i = 0; unit_slices[i]; i++) {
		char path[UNIT_PATH_MAX], file[UNIT_PATH_MAX];
		struct dirent *e;

		unit_cgroup_path(unit_slices[i], of->name, "", path);
		_dir_ DIR *dir = io_open_dir(root, path, 0);
		while (dir && (e = readdir(dir))) {
			if (e->d_type != DT_DIR || *e->d_name == '.' ||
			    strlen(e->d_name) > CGROUP_NAME_MAX)
				continue;
			snprintf(file, sizeof(file), "%.*s/cgroup.procs", CGROUP_NAME_MAX,
				 e->d_name);
			add_processes(root, of, file, run);
		}
		if (dir)
			return;
	}
}

void unit_run_look(int root, const struct provider_unit *of, struct unit_run *ret)
{
	_free_ char *events = NULL;
	struct unit_run run = { 0 };

	if (read_cgroup(root, of->name, "cgroup.events", &events) == 0)
		run.frozen = strstr(events, "frozen 1") != NULL;
	add_limits(root, of->name, &run);
	run.seen = add_processes(root, of, "cgroup.procs", &run);
	if (run.seen)
		add_delegated(root, of, &run);
	*ret = run;
}

int64_t unit_cpu_us(int root, const char *unit)
{
	_free_ char *text = NULL;
	char *rest, *line;
	long long us;

	if (read_cgroup(root, unit, "cpu.stat", &text) < 0)
		return -1;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (sscanf(line, "usage_usec %lld", &us) == 1 && us >= 0)
			return us;
	return -1;
}
