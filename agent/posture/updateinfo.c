// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/count.h"
#include "agent/posture/evr.h"
#include "agent/posture/updateinfo.h"
#include "agent/posture/xml.h"

#define WORD_MAX 256

struct reading {
	updateinfo_each each;
	void *ctx;
	struct fault *fault;
	bool inside;	 /* an advisory */
	bool in_package; /* of it: a <reference> has a title, too */
	struct updateinfo_package p;
	char id[FEED_WORD_MAX], module[WORD_MAX], stream[WORD_MAX];
	char name[WORD_MAX], arch[WORD_MAX], evr[EVR_MAX];
};

static struct word word_of(const char *text)
{
	return (struct word){ text, strlen(text) };
}

/* "2026-11-21 03:13:00", without the time, or seconds since 1970 (SUSE). */
static int64_t date_of(const char *text)
{
	struct tm tm = { 0 };
	char *end;
	long long n;

	if (strptime(text, "%Y-%m-%d", &tm)) {
		const char *time = text + strcspn(text, " T");

		if (*time)
			strptime(time + 1, "%H:%M:%S", &tm);
		return timegm(&tm);
	}
	n = strtoll(text, &end, 10);
	return *end || n < 0 || n > INT64_C(253402300799) ? 0 : n;
}

/* Red Hat's words, which SUSE writes small; and Bodhi's. */
static enum severity severity_of(struct word w)
{
	static const struct {
		const char *name;
		enum severity severity;
	} rows[] = {
		{ "critical", SEVERITY_CRITICAL }, { "urgent", SEVERITY_CRITICAL },
		{ "important", SEVERITY_HIGH },	   { "high", SEVERITY_HIGH },
		{ "moderate", SEVERITY_MEDIUM },   { "medium", SEVERITY_MEDIUM },
		{ "low", SEVERITY_LOW },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (w.p && !strcasecmp(w.p, rows[i].name))
			return rows[i].severity;
	return SEVERITY_UNKNOWN;
}

static bool copy(char to[WORD_MAX], const char *text)
{
	size_t n = strlen(text);

	if (n >= WORD_MAX)
		return false;
	memcpy(to, text, n + 1);
	return true;
}

static void begin_update(struct reading *r, const char *const *attributes)
{
	r->inside = true;
	r->p = (struct updateinfo_package){
		.security = !strcmp(xml_attribute(attributes, "type"), "security"),
		.retracted = !strcmp(xml_attribute(attributes, "status"), "retracted"),
	};
	r->id[0] = r->module[0] = r->stream[0] = '\0';
}

static int begin_package(struct reading *r, const char *const *attributes)
{
	r->in_package = true;
	if (!copy(r->name, xml_attribute(attributes, "name")) ||
	    !copy(r->arch, xml_attribute(attributes, "arch")) ||
	    !evr_print(xml_attribute(attributes, "epoch"),
		       word_of(xml_attribute(attributes, "version")),
		       word_of(xml_attribute(attributes, "release")), r->evr))
		return fault_set(r->fault, -EBADMSG, "a package's name or version is too long");
	return 0;
}

static int begin_module(struct reading *r, const char *const *attributes)
{
	if (!copy(r->module, xml_attribute(attributes, "name")) ||
	    !copy(r->stream, xml_attribute(attributes, "stream")))
		return fault_set(r->fault, -EBADMSG, "a module's name is too long");
	return 0;
}

static int on_begin(void *ctx, const char *name, const char *const *attributes)
{
	struct reading *r = ctx;

	if (!strcmp(name, "update"))
		begin_update(r, attributes);
	else if (!r->inside)
		return 0;
	else if (!strcmp(name, "issued"))
		r->p.issued = date_of(xml_attribute(attributes, "date"));
	else if (!strcmp(name, "collection"))
		r->module[0] = r->stream[0] = '\0';
	else if (!strcmp(name, "module"))
		return begin_module(r, attributes);
	else if (!strcmp(name, "package"))
		return begin_package(r, attributes);
	return 0;
}

static int end_package(struct reading *r)
{
	r->in_package = false;
	r->p.id = word_of(r->id);
	r->p.name = word_of(r->name);
	r->p.arch = word_of(r->arch);
	r->p.evr = word_of(r->evr);
	r->p.module = word_of(r->module);
	r->p.stream = word_of(r->stream);
	if (!r->p.id.len || !r->p.name.len)
		return fault_set(r->fault, -EBADMSG, "an advisory or its package has no name");
	return r->each(r->ctx, &r->p);
}

static int on_end(void *ctx, const char *name, struct word text)
{
	struct reading *r = ctx;

	if (!r->inside)
		return 0;
	if (!strcmp(name, "package"))
		return end_package(r);
	if (!strcmp(name, "update"))
		r->inside = false;
	else if (!strcmp(name, "severity") && !r->in_package)
		r->p.severity = severity_of(text);
	else if (!strcmp(name, "id") && !r->in_package && (!text.p || !copy(r->id, text.p)))
		return fault_set(r->fault, -EBADMSG, "an advisory's id is too long");
	return 0;
}

int updateinfo_read(struct unpack *in, updateinfo_each each, void *ctx, struct fault *fault)
{
	static const struct xml_calls calls = { on_begin, on_end };
	struct reading r = { .each = each, .ctx = ctx, .fault = fault };

	return xml_read(in, &calls, &r, fault);
}
