// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/posture/linewise.h"
#include "agent/posture/modulemd.h"

/* Where in the file we are, which is a row of documents. */
struct place {
	const struct modulemd_calls *calls;
	void *ctx;
	enum { OTHER, STREAM, DEFAULTS } document;
	bool in_data, in_artifacts, in_rpms;
	bool has_stream; /* it was told */
	bool told;	 /* a document of a kind that is known */
	char module[MODULEMD_NAME_MAX], stream[MODULEMD_NAME_MAX];
	struct fault *fault;
};

/* The value behind "key:", without quotes; NULL: another key. */
static char *value_of(char *line, const char *key)
{
	size_t n = strlen(key);
	char *end;

	if (strncmp(line, key, n) || line[n] != ':')
		return NULL;
	line += n + 1;
	line += strspn(line, " ");
	end = line + strlen(line);
	while (end > line && (end[-1] == ' ' || end[-1] == '\r'))
		*--end = '\0';
	if (end - line >= 2 && (*line == '"' || *line == '\'') && end[-1] == *line) {
		end[-1] = '\0';
		line++;
	}
	return line;
}

static int keep_name(struct place *p, char name[MODULEMD_NAME_MAX], const char *value)
{
	if (strlen(value) >= MODULEMD_NAME_MAX)
		return fault_set(p->fault, -EBADMSG, "has a name that is too long");
	strcpy(name, value);
	return 0;
}

/* A key of "data": what a stream is of and has, or which stream is the default. */
static int read_data(struct place *p, char *line)
{
	char *module = value_of(line, p->document == DEFAULTS ? "module" : "name");
	char *stream = value_of(line, "stream");
	int r = 0;

	p->in_artifacts = value_of(line, "artifacts") != NULL;
	p->in_rpms = false;
	if (module)
		r = keep_name(p, p->module, module);
	if (stream)
		r = keep_name(p, p->stream, stream);
	if (r < 0 || !*p->module || !*p->stream || (!module && !stream))
		return r;
	p->has_stream = p->document == STREAM;
	return p->has_stream ? p->calls->stream(p->ctx, p->module, p->stream)
			     : p->calls->preset(p->ctx, p->module, p->stream);
}

static int end_document(struct place *p)
{
	bool lacks = p->document == STREAM && !p->has_stream;

	p->document = OTHER;
	p->in_data = p->in_artifacts = p->in_rpms = p->has_stream = false;
	p->module[0] = p->stream[0] = '\0';
	return lacks ? fault_set(p->fault, -EBADMSG, "has a stream without a name") : 0;
}

static int read_top(struct place *p, char *line)
{
	char *kind = value_of(line, "document");

	if (!strncmp(line, "---", 3) || !strncmp(line, "...", 3))
		return end_document(p);
	p->in_data = !strcmp(line, "data:");
	p->in_artifacts = p->in_rpms = false;
	if (!kind)
		return 0;
	p->told |= !strncmp(kind, "modulemd", 8);
	p->document = !strcmp(kind, "modulemd") || !strcmp(kind, "modulemd-stream") ? STREAM
		      : !strcmp(kind, "modulemd-defaults")			    ? DEFAULTS
										    : OTHER;
	return 0;
}

static int tell_artifact(struct place *p, const char *text)
{
	struct nevra n;

	if (!p->has_stream)
		return fault_set(p->fault, -EBADMSG, "has packages of a stream without a name");
	if (!nevra_split((struct word){ text, strlen(text) }, &n))
		return fault_set(p->fault, -EBADMSG, "has a package that is none");
	return p->calls->package(p->ctx, &n);
}

/* Depth is told by blanks, two for each; a list may stand as deep as its key. */
static int read_line(struct place *p, char *line)
{
	size_t deep = strspn(line, " ");

	line += deep;
	if (!*line || *line == '#')
		return 0;
	if (!deep)
		return read_top(p, line);
	if (!p->in_data || p->document == OTHER)
		return 0;
	if (deep == 2)
		return read_data(p, line);
	if (p->in_rpms && deep >= 4 && !strncmp(line, "- ", 2))
		return tell_artifact(p, line + 2);
	if (p->in_artifacts && deep == 4)
		p->in_rpms = value_of(line, "rpms") != NULL;
	return 0;
}

int modulemd_read(struct unpack *in, const struct modulemd_calls *calls, void *ctx,
		  struct fault *fault)
{
	_free_ struct linewise *lines = calloc(1, sizeof(*lines));
	struct place p = { .calls = calls, .ctx = ctx, .fault = fault };
	char *line;
	int r = 0, more;

	if (!lines)
		return -ENOMEM;
	lines->in = in;
	while ((more = linewise_next(lines, &line, fault)) > 0 && r == 0)
		r = read_line(&p, line);
	if (r == 0)
		r = more < 0 ? more : end_document(&p);
	/* Nothing was found in what says something: it may be written in another form. */
	if (r == 0 && lines->number && !p.told)
		r = fault_set(fault, -EBADMSG, "has no stream in a form that is known");
	if (r == -EBADMSG && fault && !fault->line)
		fault->line = lines->number;
	return r;
}
