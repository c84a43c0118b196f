// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/json.h"
#include "policy/publisher/tell.h"

int tell_read(const char *path, json_t **ret, struct fault *fault)
{
	_drop_(drop_json) json_t *file = NULL;
	_free_ char *text = NULL;
	json_t *body, *signatures;
	size_t len;
	int r = io_read(AT_FDCWD, path, JSON_TEXT_BYTES, &text, &len);

	if (r < 0)
		return fault_set(fault, r, "%s: %s", path, strerror(-r));
	r = json_read(text, len, &file, fault);
	if (r == 0)
		r = json_need_object(file, "signed", &body, fault);
	if (r == 0)
		r = json_need_array(file, "signatures", &signatures, fault);
	if (r < 0)
		fault_prefix(fault, "%s", path);
	else
		*ret = take(file);
	return r;
}

/* What another wrote is shown without what could drive a terminal. */
static void put(FILE *out, const char *text)
{
	for (; text && *text; text++)
		fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, out);
}

static void tell_role(const char *name, json_t *role, FILE *out)
{
	json_t *item;
	size_t i;

	fputs("  role ", out);
	put(out, name);
	fprintf(out, ": %" JSON_INTEGER_FORMAT " of",
		json_integer_value(json_object_get(role, "threshold")));
	json_array_foreach(json_object_get(role, "keyids"), i, item) {
		fputc(' ', out);
		fprintf(out, "%.12s", json_is_string(item) ? json_string_value(item) : "?");
	}
	json_array_foreach(json_object_get(role, "paths"), i, item) {
		fputs(i ? " " : ", for ", out);
		put(out, json_string_value(item));
	}
	fputs(json_is_true(json_object_get(role, "terminating")) ? ", terminating\n" : "\n", out);
}

static void tell_mark(const char *name, json_t *mark, FILE *out)
{
	const char *hash =
		json_string_value(json_object_get(json_object_get(mark, "hashes"), "sha256"));
	json_t *version = json_object_get(mark, "version");

	fputs("  ", out);
	put(out, name);
	if (version)
		fprintf(out, " version %" JSON_INTEGER_FORMAT, json_integer_value(version));
	fputs(" sha256 ", out);
	put(out, hash ? hash : "(none)");
	fputc('\n', out);
}

void tell_file(json_t *body, FILE *out)
{
	json_t *roles = json_object_get(body, "roles"), *role;
	json_t *delegations = json_object_get(body, "delegations");
	static const char *const lists[] = { "targets", "meta" };
	const char *name;
	json_t *mark;
	size_t i;

	put(out, json_string_value(json_object_get(body, "_type")));
	fprintf(out, " version %" JSON_INTEGER_FORMAT ", expires ",
		json_integer_value(json_object_get(body, "version")));
	put(out, json_string_value(json_object_get(body, "expires")));
	fputc('\n', out);
	json_object_foreach(roles, name, role)
		tell_role(name, role, out);
	for (i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		json_object_foreach(json_object_get(body, lists[i]), name, mark)
			tell_mark(name, mark, out);
	json_array_foreach(json_object_get(delegations, "roles"), i, role)
		tell_role(json_string_value(json_object_get(role, "name")), role, out);
}
