// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/posture/xml.h"

#define CHUNK_BYTES (32 * 1024)
#define NAME_SLOTS  (2 * XML_NAMES_MAX) /* a power of two */

/* The parser never forgets a name, so how many there are is counted. */
struct names {
	size_t n;
	char slots[NAME_SLOTS][XML_NAME_MAX];
};

struct xml {
	XML_Parser parser;
	const struct xml_calls *calls;
	void *ctx;
	struct fault *fault;
	int err;
	unsigned depth;
	bool moved; /* something was met since this was last cleared */
	bool cut;   /* the text does not fit */
	size_t text_len;
	char text[XML_TEXT_MAX + 1];
	struct names names;
};

static void drop_xml(struct xml **x)
{
	if (*x && (*x)->parser)
		XML_ParserFree((*x)->parser);
	free(*x);
}

static void stop(struct xml *x, int err)
{
	if (x->err)
		return;
	x->err = err;
	XML_StopParser(x->parser, XML_FALSE);
}

/* Newer ones have a wider count, and call the older one deprecated. */
#if XML_MAJOR_VERSION > 2 || XML_MINOR_VERSION >= 9
#define line_of XML_GetCurrentLineNumber64
#else
#define line_of XML_GetCurrentLineNumber
#endif

static void refuse(struct xml *x, const char *why)
{
	if (!x->err && x->fault && !x->fault->why[0])
		x->fault->line = (unsigned)line_of(x->parser);
	stop(x, fault_set(x->fault, -EBADMSG, "%s", why));
}

/* Is there room for a name? */
static bool note_name(struct names *names, const char *name)
{
	size_t at = 0, len = strlen(name);

	if (len >= XML_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		at = at * 31 + (unsigned char)name[i];
	for (;; at++) {
		char *slot = names->slots[at & (NAME_SLOTS - 1)];

		if (!strcmp(slot, name))
			return true;
		if (*slot)
			continue;
		memcpy(slot, name, len + 1);
		return ++names->n <= XML_NAMES_MAX;
	}
}

static bool note_names(struct xml *x, const char *name, const char *const *attributes)
{
	bool fits = note_name(&x->names, name);

	for (; *attributes && fits; attributes += 2)
		fits = note_name(&x->names, *attributes);
	return fits;
}

static void clear_text(struct xml *x)
{
	x->moved = true;
	x->cut = false;
	x->text_len = 0;
}

static void on_begin(void *ctx, const char *name, const char **attributes)
{
	struct xml *x = ctx;
	int r;

	clear_text(x);
	if (x->err)
		return;
	if (++x->depth > XML_DEPTH_MAX) {
		refuse(x, "elements lie too deep in each other");
		return;
	}
	if (!note_names(x, name, (const char *const *)attributes)) {
		refuse(x, "names are too long, or too many");
		return;
	}
	r = x->calls->begin(x->ctx, name, (const char *const *)attributes);
	if (r < 0)
		stop(x, r);
}

static void on_end(void *ctx, const char *name)
{
	struct xml *x = ctx;
	struct word text = { x->cut ? NULL : x->text, x->text_len };
	int r = 0;

	x->text[x->text_len] = '\0';
	if (!x->err)
		r = x->calls->end(x->ctx, name, text);
	if (r < 0)
		stop(x, r);
	x->depth--;
	clear_text(x);
}

static void on_text(void *ctx, const char *text, int len)
{
	struct xml *x = ctx;

	x->moved = true;
	x->cut |= (size_t)len > XML_TEXT_MAX - x->text_len;
	if (x->cut)
		return;
	memcpy(x->text + x->text_len, text, (size_t)len);
	x->text_len += (size_t)len;
}

static void on_other(void *ctx, const char *text, int len)
{
	(void)text, (void)len;
	((struct xml *)ctx)->moved = true;
}

static void on_doctype(void *ctx, const char *name, const char *system, const char *public, int own)
{
	(void)name, (void)system, (void)public, (void)own;
	refuse(ctx, "has a DOCTYPE");
}

static int open_parser(struct xml *x)
{
	x->parser = XML_ParserCreate(NULL);
	if (!x->parser)
		return -ENOMEM;
	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, on_begin, on_end);
	XML_SetCharacterDataHandler(x->parser, on_text);
	XML_SetDefaultHandler(x->parser, on_other);
	XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
	return 0;
}

static int judge(struct xml *x, enum XML_Status status)
{
	enum XML_Error why = XML_GetErrorCode(x->parser);

	if (x->err)
		return x->err;
	if (status == XML_STATUS_OK)
		return 0;
	if (why == XML_ERROR_NO_MEMORY)
		return -ENOMEM;
	refuse(x, XML_ErrorString(why));
	return x->err;
}

/* What is fed without anything coming of it is one token, and the parser keeps all of it. */
static int check_token(struct xml *x, size_t fed, size_t *waiting)
{
	*waiting = x->moved ? 0 : *waiting + fed;
	x->moved = false;
	if (*waiting > XML_TOKEN_MAX)
		refuse(x, "a tag or a comment is too long");
	return x->err;
}

static int read_all(struct xml *x, struct unpack *in)
{
	size_t waiting = 0;
	int r = 0;

	for (;;) {
		void *buf = XML_GetBuffer(x->parser, CHUNK_BYTES);
		ssize_t n = buf ? unpack_read(in, buf, CHUNK_BYTES, x->fault) : -ENOMEM;

		if (n < 0)
			return (int)n;
		r = judge(x, XML_ParseBuffer(x->parser, (int)n, n == 0));
		if (r == 0)
			r = check_token(x, (size_t)n, &waiting);
		if (r < 0 || n == 0)
			return r;
	}
}

int xml_read(struct unpack *in, const struct xml_calls *calls, void *ctx, struct fault *fault)
{
	_drop_(drop_xml) struct xml *x = calloc(1, sizeof(*x));
	int r;

	if (!x)
		return -ENOMEM;
	x->calls = calls;
	x->ctx = ctx;
	x->fault = fault;
	r = open_parser(x);
	return r < 0 ? r : read_all(x, in);
}

const char *xml_attribute(const char *const *attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (!strcmp(attributes[0], name))
			return attributes[1];
	return "";
}
