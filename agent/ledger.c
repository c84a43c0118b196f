// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/entry.h"
#include "agent/ledger.h"

#define FILE_NAME   "ledger"
#define DAMAGED	    FILE_NAME ".damaged"
#define TRIM_ABOVE  (256 * 1024)
#define TRIM_STEP   (64 * 1024) /* it may grow by so much before what failed is tried again */
#define FILE_MAX    (1024 * 1024)
#define PENDING_MAX (64 * 1024)

struct ledger {
	int dir, fd;
	size_t size; /* of the file, all of it whole lines */
	size_t trim_above;
	uint64_t next;
	bool torn;    /* the file has more than that */
	bool unended; /* its last line has no end, and was not read */
	bool named;   /* its name is on disk */
	bool behind;  /* something was noted that is neither here nor there */
	size_t n;
	char pending[PENDING_MAX];
};

DEFINE_DROP(ledger, ledger_close)

struct tally {
	size_t bad;   /* lines that do not read */
	size_t whole; /* bytes up to the end of the last line that does */
	uint64_t last;
	bool aside; /* there is a copy of what it was */
};

static void read_lines(const char *text, size_t len, ledger_each each, void *ctx, struct tally *ret)
{
	const char *end = text + len, *line = text, *nl;

	for (; line < end && (nl = memchr(line, '\n', (size_t)(end - line))); line = nl + 1) {
		struct entry e;

		if (entry_read(line, (size_t)(nl - line), &e) < 0) {
			ret->bad++;
			continue;
		}
		ret->whole = (size_t)(nl + 1 - text);
		ret->last = e.number;
		each(ctx, &e);
	}
}

static bool lacks_end(int fd, off_t size)
{
	char last;

	return size && (pread(fd, &last, 1, size - 1) != 1 || last != '\n');
}

/* What was not read yet is no reason to cut it off. */
static int open_file(struct ledger *l)
{
	_close_ int fd = openat(l->dir, FILE_NAME,
				O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	l->fd = take_fd(&fd);
	l->unended = lacks_end(l->fd, st.st_size);
	l->size = (size_t)st.st_size;
	l->named = false;
	return 0;
}

static void close_file(struct ledger *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

/* What a write or a power cut left unfinished would spoil the next line. */
static int cut_torn(struct ledger *l)
{
	if (!l->torn)
		return 0;
	if (ftruncate(l->fd, (off_t)l->size) < 0)
		return -errno;
	l->torn = false;
	return 0;
}

/* As a power cut leaves a write: without a line's end, or zeros where nothing came to be. */
static bool is_unfinished(const char *tail, size_t len)
{
	size_t line = strnlen(tail, len), end = line;

	while (end < len && !tail[end])
		end++;
	return end == len && len <= PENDING_MAX && line < ENTRY_LINE && !memchr(tail, '\n', line);
}

static int load(struct ledger *l, ledger_each each, void *ctx, struct tally *ret)
{
	_free_ char *text = NULL;
	size_t len;
	int r = open_file(l);

	if (r < 0)
		return r;
	r = io_read_fd(l->fd, FILE_MAX, &text, &len);
	if (r < 0)
		return r;
	read_lines(text, len, each, ctx, ret);
	l->unended = false;
	l->size = ret->whole;
	l->torn = ret->whole < len;
	l->next = ret->last + 1;
	if (!is_unfinished(text + ret->whole, len - ret->whole)) {
		ret->bad += !ret->bad;
		ret->aside = io_replace(l->dir, DAMAGED, text, len, 0600) == 0;
	}
	return cut_torn(l);
}

/* Not ours, whatever it is: out of the way, where a person can look at it. */
static void set_aside(struct ledger *l)
{
	close_file(l);
	if (renameat(l->dir, FILE_NAME, l->dir, DAMAGED) == 0)
		open_file(l);
}

int ledger_open(const char *folder, ledger_each each, void *ctx, struct ledger **ret,
		struct fault *fault)
{
	_drop_(drop_ledger) struct ledger *l = calloc(1, sizeof(*l));
	struct tally tally = { 0 };
	int r;

	if (!l)
		return -ENOMEM;
	l->fd = -1;
	l->trim_above = TRIM_ABOVE;
	l->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->dir < 0)
		return fault_set(fault, -errno, "state folder %s: %m", folder);
	r = load(l, each, ctx, &tally);
	if (r == -EFBIG || r == -ELOOP)
		set_aside(l);
	*ret = take(l);
	if (r < 0)
		return fault_set(fault, r,
				 "%s/" FILE_NAME ": %s: what was decided before is not known",
				 folder, strerror(-r));
	if (tally.bad)
		return fault_set(fault, -EBADMSG,
				 "%s/" FILE_NAME
				 ": %zu entries are damaged and left out: deadlines "
				 "that they told of start anew%s",
				 folder, tally.bad,
				 tally.aside ? "; the file as it was is " DAMAGED : "");
	return 0;
}

struct ledger *ledger_close(struct ledger *l)
{
	if (l)
		close_file(l);
	if (l && l->dir >= 0)
		close(l->dir);
	free(l);
	return NULL;
}

void ledger_add(struct ledger *l, const struct entry *e)
{
	struct entry numbered = *e;
	char line[ENTRY_LINE];
	int n;

	numbered.number = l->next++;
	if (!numbered.at)
		numbered.at = io_now();
	n = entry_write(&numbered, line);
	if (n < 0 || l->n + (size_t)n > sizeof(l->pending)) {
		l->behind = true;
		return;
	}
	memcpy(l->pending + l->n, line, (size_t)n);
	l->n += (size_t)n;
}

/* Whatever came of it, the file that counts is the one that has the name then. */
static int replace(struct ledger *l, const char *text, size_t len)
{
	int r = io_replace(l->dir, FILE_NAME, text, len, 0600), again;

	close_file(l);
	again = open_file(l);
	return r < 0 ? r : again;
}

static int cut_in_half(struct ledger *l)
{
	_free_ char *text = NULL;
	const char *half;
	size_t len;
	int r = io_read_fd(l->fd, FILE_MAX, &text, &len);

	if (r < 0)
		return r;
	half = memchr(text + len / 2, '\n', len - len / 2);
	if (!half)
		return -EBADMSG;
	half++;
	return replace(l, half, len - (size_t)(half - text));
}

static int make_durable(struct ledger *l)
{
	if (fdatasync(l->fd) < 0 || (!l->named && fsync(l->dir) < 0))
		return -errno;
	l->named = true;
	return 0;
}

/* A line that was left without an end does not read, and spoils no other. */
static int write_pending(struct ledger *l)
{
	int r = l->unended ? io_write(l->fd, "\n", 1) : 0;

	if (r == 0)
		r = io_write(l->fd, l->pending, l->n);
	return r < 0 ? r : make_durable(l);
}

int ledger_sync(struct ledger *l)
{
	int r = l->fd < 0 ? open_file(l) : 0;

	if (r < 0 || !l->n)
		return r;
	r = cut_torn(l);
	/* What is too long is not read at the next start.  What holds is in its newer half, too. */
	if (r == 0 && l->size + l->n > FILE_MAX)
		r = cut_in_half(l);
	if (r < 0)
		return r;
	r = write_pending(l);
	if (r < 0) {
		l->torn = true;
		cut_torn(l);
		return r;
	}
	l->size += l->n + l->unended;
	l->unended = false;
	l->n = 0;
	return 0;
}

bool ledger_wants_trim(const struct ledger *l)
{
	return l->behind || l->size > l->trim_above;
}

int ledger_trim(struct ledger *l)
{
	int r = ledger_sync(l);

	if (r < 0)
		return r;
	l->behind = false;
	/* It is as whole as before when it cannot be done, only longer. */
	if (l->size > TRIM_ABOVE && cut_in_half(l) < 0)
		l->trim_above = l->size + TRIM_STEP;
	else
		l->trim_above = TRIM_ABOVE;
	return 0;
}

int ledger_read(const struct ledger *l, ledger_each each, void *ctx)
{
	_free_ char *text = NULL;
	struct tally tally = { 0 };
	size_t len;
	int r = l->fd < 0 ? -ENOENT : io_read_fd(l->fd, FILE_MAX, &text, &len);

	if (r == 0)
		read_lines(text, len, each, ctx, &tally);
	return r;
}
