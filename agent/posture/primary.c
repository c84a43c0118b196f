// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/posture/evr.h"
#include "agent/posture/primary.h"
#include "agent/posture/xml.h"

struct reading {
	primary_each each;
	void *ctx;
	struct fault *fault;
	bool inside; /* a package */
	char name[XML_TEXT_MAX + 1], arch[XML_TEXT_MAX + 1], source[XML_TEXT_MAX + 1];
	char evr[EVR_MAX], epoch[EVR_MAX];
};

static struct word word_of(const char *text)
{
	return (struct word){ text, strlen(text) };
}

static int on_begin(void *ctx, const char *name, const char *const *attributes)
{
	struct reading *r = ctx;

	if (!strcmp(name, "package")) {
		r->inside = true;
		r->name[0] = r->arch[0] = r->source[0] = r->evr[0] = r->epoch[0] = '\0';
		return 0;
	}
	if (!r->inside || strcmp(name, "version"))
		return 0;
	snprintf(r->epoch, sizeof(r->epoch), "%s", xml_attribute(attributes, "epoch"));
	if (!evr_print(r->epoch, word_of(xml_attribute(attributes, "ver")),
		       word_of(xml_attribute(attributes, "rel")), r->evr))
		return fault_set(r->fault, -EBADMSG, "a version is too long");
	return 0;
}

static int keep(struct reading *r, const char *name, struct word text)
{
	const struct {
		const char *name;
		char *to;
	} rows[] = { { "name", r->name }, { "arch", r->arch }, { "rpm:sourcerpm", r->source } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (strcmp(name, rows[i].name))
			continue;
		if (!text.p)
			return fault_set(r->fault, -EBADMSG, "a <%s> is too long", name);
		memcpy(rows[i].to, text.p, text.len + 1);
	}
	return 0;
}

/* The epoch is the source's, too: a file's name does not say it. */
static struct word source_evr(const struct reading *r, char room[2 * EVR_MAX + XML_TEXT_MAX])
{
	bool shown = r->epoch[0] && strcmp(r->epoch, "0");
	struct word name, version;

	if (!evr_of_source(word_of(r->source), &name, &version))
		return word_of(r->evr);
	snprintf(room, 2 * EVR_MAX + XML_TEXT_MAX, "%s%s%.*s", shown ? r->epoch : "",
		 shown ? ":" : "", (int)version.len, version.p);
	return word_of(room);
}

static int on_end(void *ctx, const char *name, struct word text)
{
	struct reading *r = ctx;
	char room[2 * EVR_MAX + XML_TEXT_MAX];
	struct primary_package p;

	if (!r->inside)
		return 0;
	if (strcmp(name, "package"))
		return keep(r, name, text);
	r->inside = false;
	p = (struct primary_package){ word_of(r->name), word_of(r->arch), word_of(r->evr),
				      source_evr(r, room) };
	if (!p.name.len || !p.arch.len || !p.evr.len)
		return fault_set(r->fault, -EBADMSG,
				 "a package without a name, version or architecture");
	return r->each(r->ctx, &p);
}

int primary_read(struct unpack *in, primary_each each, void *ctx, struct fault *fault)
{
	static const struct xml_calls calls = { on_begin, on_end };
	struct reading r = { .each = each, .ctx = ctx, .fault = fault };

	return xml_read(in, &calls, &r, fault);
}
