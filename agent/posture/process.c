// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/process.h"

#define PROC_FILE_MAX  65536
#define FIELD_STATE    3 /* the first one behind the name */
#define FIELD_BEGUN    22
#define TICKS_A_SECOND ((uint64_t)sysconf(_SC_CLK_TCK))

static int read_of(int root, long pid, const char *name, char **ret)
{
	char path[48];
	size_t len;

	snprintf(path, sizeof(path), "proc/%ld/%s", pid, name);
	return io_read(root, path, PROC_FILE_MAX, ret, &len);
}

/* "12 (a name) S 1 ...": the name may have blanks and brackets, so it ends at the last one. */
static const char *find_begun(const char *stat)
{
	const char *at = strrchr(stat, ')');

	for (int i = FIELD_STATE; at && i <= FIELD_BEGUN; i++)
		at = strchr(at + 1, ' ');
	return at;
}

int process_begun(int root, long pid, int64_t *ret)
{
	_free_ char *stat = NULL;
	const char *at;
	char *end;
	uint64_t ticks;
	int r = read_of(root, pid, "stat", &stat);

	if (r < 0)
		return r;
	at = find_begun(stat);
	if (!at)
		return -EPROTO;
	ticks = strtoull(at, &end, 10);
	if (end == at || *end != ' ')
		return -EPROTO;
	*ret = io_now() - (int64_t)(io_boot_ms() / 1000) + (int64_t)(ticks / TICKS_A_SECOND);
	return 0;
}

int process_ids(int root, long pid, unsigned ret[PROCESS_IDS])
{
	_free_ char *status = NULL;
	unsigned id[PROCESS_IDS];
	const char *at;
	int r = read_of(root, pid, "status", &status);

	if (r < 0)
		return r;
	at = strstr(status, "\nUid:");
	if (!at || sscanf(at, "\nUid: %u %u %u %u", &id[PROCESS_REAL], &id[PROCESS_EFFECTIVE],
			  &id[PROCESS_SAVED], &id[PROCESS_FILES]) != PROCESS_IDS)
		return -EPROTO;
	memcpy(ret, id, sizeof(id));
	return 0;
}

bool process_is_roots(int root, long pid)
{
	unsigned id[PROCESS_IDS];

	if (process_ids(root, pid, id) < 0)
		return true;
	for (int i = 0; i < PROCESS_IDS; i++)
		if (!id[i])
			return true;
	return false;
}
