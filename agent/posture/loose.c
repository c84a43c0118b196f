// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/posture/loose.h"

#define FTM_MAX	  (256 * 1024)
#define LINE_ROOM 8000 /* clamd takes what is longer than its buffer (FILEBUFF) for two */
#define TYPE	  5    /* the field, from 0: "MAGIC:OFFSET:BYTES:NAME:RTYPE:TYPE" */
#define MAIL	  "CL_TYPE_MAIL"

bool loose_folder(const struct provider *p, char ret[PROVIDER_TEXT_MAX])
{
	const char *file = p->signatures.files.rows[0], *end = strrchr(file, '/');

	if (p->signatures.from != VINTAGE_CLAMAV || !end || end == file)
		return false;
	snprintf(ret, PROVIDER_TEXT_MAX, "%.*s", (int)(end - file), file);
	return true;
}

static bool is_mail(const char *line, size_t len)
{
	const char *at = line, *end = line + len;

	for (int i = 0; at && i < TYPE; i++) {
		at = memchr(at, ':', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	return at && strcspn(at, ":\r\n") == strlen(MAIL) && !strncmp(at, MAIL, strlen(MAIL));
}

/* A type may be one that is not scanned at all; and in what is taken for another, less is found. */
static bool is_mail_only(const char *text, size_t len)
{
	if (strlen(text) != len)
		return false;
	for (size_t n; *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		if (n > LINE_ROOM || (*text != '#' && !is_mail(text, n)))
			return false;
	}
	return true;
}

static enum loose judge_types(int dir, const char *name)
{
	_free_ char *text = NULL;
	size_t len;
	int r = io_read(dir, name, FTM_MAX, &text, &len);

	if (r == -ENOENT)
		return LOOSE_NOT;
	if (r == -EACCES || r == -EPERM)
		return LOOSE_CLOSED;
	return r == 0 && is_mail_only(text, len) ? LOOSE_RETYPES : LOOSE_BLINDS;
}

enum loose loose_judge(int dir, const char *name)
{
	static const struct {
		const char *end;
		enum loose is;
	} rows[] = {
		{ ".cat", LOOSE_PARDONS },  { ".cfg", LOOSE_BLINDS },  { ".crb", LOOSE_PARDONS },
		{ ".fp", LOOSE_PARDONS },   { ".ftm", LOOSE_RETYPES }, { ".ign", LOOSE_PARDONS },
		{ ".ign2", LOOSE_PARDONS }, { ".sfp", LOOSE_PARDONS }, { ".wdb", LOOSE_PARDONS },
	};
	const char *end = strrchr(name, '.');

	for (size_t i = 0; end && i < COUNT(rows); i++)
		if (!strcasecmp(end, rows[i].end))
			return rows[i].is == LOOSE_RETYPES ? judge_types(dir, name) : rows[i].is;
	return LOOSE_NOT;
}
