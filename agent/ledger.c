// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/ledger.h"
#include "policy/digest.h"

#define FILE_NAME   "ledger"
#define DAMAGED	    FILE_NAME ".damaged"
#define TRIM_ABOVE  (256 * 1024)
#define TRIM_STEP   (64 * 1024) /* it may grow by so much before what failed is tried again */
#define FILE_MAX    (1024 * 1024)
#define PENDING_MAX (64 * 1024)
#define SUM_TEXT    32 /* hex */
#define LINE_ROOM   (SUM_TEXT + POLICY_ID_MAX + ENTRY_TEXT + 96)

const char *const entry_names[ENTRY_COUNT] = {
	[ENTRY_STATE] = "state",       [ENTRY_FAILING] = "failing", [ENTRY_LACKING] = "lacking",
	[ENTRY_REPAIR] = "repair",     [ENTRY_POLICY] = "policy",   [ENTRY_CLOCK] = "clock",
	[ENTRY_RELEASE] = "release",   [ENTRY_LADDER] = "ladder",   [ENTRY_TUG] = "tug",
	[ENTRY_UNDONE] = "undone",     [ENTRY_REBOOT] = "reboot",   [ENTRY_PORTAL] = "portal",
	[ENTRY_FIREWALL] = "firewall",
};

struct ledger {
	int dir, fd;
	size_t size; /* of the file, all of it whole lines */
	size_t trim_above;
	uint64_t next;
	bool torn;   /* the file has more than that */
	bool named;  /* its name is on disk */
	bool behind; /* something was noted that is neither here nor there */
	size_t n;
	char pending[PENDING_MAX];
};

DEFINE_DROP(ledger, ledger_close)

static int sum(const char *line, size_t len, char ret[SUM_TEXT + 1])
{
	char hex[DIGEST_TEXT];
	int r = digest_make_text(DIGEST_SHA256, line, len, hex);

	if (r == 0)
		snprintf(ret, SUM_TEXT + 1, "%.*s", SUM_TEXT, hex);
	return r;
}

static int kind_of(const char *word, bool *kept)
{
	size_t len = strlen(word);

	*kept = len && word[len - 1] == '*';
	len -= *kept;
	for (int i = 0; i < ENTRY_COUNT; i++)
		if (strlen(entry_names[i]) == len && !strncmp(entry_names[i], word, len))
			return i;
	return -EBADMSG;
}

/* A line without its newline. */
static int read_entry(const char *line, size_t len, struct entry *ret)
{
	char want[SUM_TEXT + 1], text[LINE_ROOM], kind[16];
	struct entry e = { 0 };
	int at = 0, k;

	if (len <= SUM_TEXT + 1 || len >= sizeof(text) || memchr(line, '\0', len))
		return -EBADMSG;
	if (sum(line + SUM_TEXT, len - SUM_TEXT, want) < 0 || memcmp(line, want, SUM_TEXT))
		return -EBADMSG;
	snprintf(text, sizeof(text), "%.*s", (int)(len - SUM_TEXT), line + SUM_TEXT);
	_Static_assert(POLICY_ID_MAX == 64, "the width below");
	if (sscanf(text, " %" SCNu64 " %" SCNd64 " %15s %63s %" SCNd64 " %n", &e.number, &e.at,
		   kind, e.name, &e.value, &at) != 5)
		return -EBADMSG;
	k = kind_of(kind, &e.kept);
	if (k < 0)
		return k;
	e.kind = (enum entry_kind)k;
	snprintf(e.text, sizeof(e.text), "%s", text + at);
	*ret = e;
	return 0;
}

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

		if (read_entry(line, (size_t)(nl - line), &e) < 0) {
			ret->bad++;
			continue;
		}
		ret->whole = (size_t)(nl + 1 - text);
		ret->last = e.number;
		each(ctx, &e);
	}
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
	return end == len && len <= PENDING_MAX && line < LINE_ROOM && !memchr(tail, '\n', line);
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

/* One line it is, whatever the text is. */
static void plain(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

static int write_entry(const struct entry *e, char ret[LINE_ROOM])
{
	char *rest = ret + SUM_TEXT, hex[SUM_TEXT + 1];
	int n = snprintf(rest, LINE_ROOM - SUM_TEXT,
			 " %" PRIu64 " %" PRId64 " %s%s %s %" PRId64 " %s", e->number, e->at,
			 entry_names[e->kind], e->kept ? "*" : "", *e->name ? e->name : "-",
			 e->value, e->text);

	plain(rest);
	if (sum(rest, (size_t)n, hex) < 0)
		return -EIO;
	memcpy(ret, hex, SUM_TEXT);
	ret[SUM_TEXT + n] = '\n';
	return SUM_TEXT + n + 1;
}

void ledger_add(struct ledger *l, const struct entry *e)
{
	struct entry numbered = *e;
	char line[LINE_ROOM];
	int n;

	numbered.number = l->next++;
	if (!numbered.at)
		numbered.at = io_now();
	n = write_entry(&numbered, line);
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
	r = io_write(l->fd, l->pending, l->n);
	if (r == 0)
		r = make_durable(l);
	if (r < 0) {
		l->torn = true;
		cut_torn(l);
		return r;
	}
	l->size += l->n;
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
