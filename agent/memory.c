// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/memory.h"

#define FILE_NAME "failing"
#define LINE_ROOM (POLICY_ID_MAX + 24) /* id, blank, time, newline */
#define FILE_MAX  (POLICY_REQUIREMENTS * LINE_ROOM)

struct memory {
	int dir;
	bool changed;
	size_t n;
	struct since {
		char id[POLICY_ID_MAX];
		int64_t at;
	} rows[POLICY_REQUIREMENTS];
};

DEFINE_DROP(memory, memory_close)

static struct since *find(const struct memory *m, const char *id)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->rows[i].id, id))
			return (struct since *)&m->rows[i];
	return NULL;
}

int64_t memory_since(const struct memory *m, const char *id)
{
	const struct since *s = find(m, id);

	return s ? s->at : 0;
}

int memory_set(struct memory *m, const char *id, int64_t since)
{
	struct since *s = find(m, id);

	if (since == (s ? s->at : 0))
		return 0;
	if (!since) {
		*s = m->rows[--m->n];
	} else if (s) {
		s->at = since;
	} else {
		if (m->n == POLICY_REQUIREMENTS)
			return -ENOSPC;
		s = &m->rows[m->n++];
		snprintf(s->id, sizeof(s->id), "%s", id);
		s->at = since;
	}
	m->changed = true;
	return 0;
}

static bool is_among(const char *id, const struct requirement *reqs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(reqs[i].id, id))
			return true;
	return false;
}

void memory_prune(struct memory *m, const struct requirement *reqs, size_t n)
{
	for (size_t i = m->n; i-- > 0;)
		if (!is_among(m->rows[i].id, reqs, n))
			memory_set(m, m->rows[i].id, 0);
}

static int read_rows(struct memory *m, char *text)
{
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")) && rest) {
		char id[POLICY_ID_MAX], end;
		int64_t at;

		_Static_assert(POLICY_ID_MAX == 64, "the width below");
		if (sscanf(line, "%63s %" SCNd64 "%c", id, &at, &end) != 2 || at <= 0)
			return -EBADMSG;
		if (memory_set(m, id, at) < 0)
			return -EBADMSG;
	}
	return 0;
}

static int load(struct memory *m, const char *folder, struct fault *fault)
{
	_free_ char *text = NULL;
	size_t len;
	int r = io_read(m->dir, FILE_NAME, FILE_MAX, &text, &len);

	if (r == -ENOENT)
		return 0;
	if (r == 0 && len) /* a line without its end may lack a digit */
		r = strlen(text) == len && text[len - 1] == '\n' ? read_rows(m, text) : -EBADMSG;
	if (r < 0) {
		m->n = 0;
		m->changed = true;
		return fault_set(fault, -EBADMSG,
				 "%s/" FILE_NAME " is damaged (%s): deadlines start anew", folder,
				 strerror(-r));
	}
	m->changed = false;
	return 0;
}

int memory_open(const char *folder, struct memory **ret, struct fault *fault)
{
	_drop_(drop_memory) struct memory *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	m->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->dir < 0)
		return fault_set(fault, -errno, "state folder %s: %m", folder);
	r = load(m, folder, fault);
	*ret = take(m);
	return r;
}

struct memory *memory_close(struct memory *m)
{
	if (m && m->dir >= 0)
		close(m->dir);
	free(m);
	return NULL;
}

int memory_keep(struct memory *m)
{
	char text[FILE_MAX];
	size_t len = 0;
	int r;

	if (!m->changed)
		return 0;
	for (size_t i = 0; i < m->n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %" PRId64 "\n",
					m->rows[i].id, m->rows[i].at);
	r = io_replace(m->dir, FILE_NAME, text, len, 0600);
	if (r == 0)
		m->changed = false;
	return r;
}
