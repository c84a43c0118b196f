// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "policy/json.h"
#include "policy/publisher/tell.h"

#define ID_SHOWN 32 /* of 64 digits */

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

static char plain(char c)
{
	return c < ' ' || c > '~' ? '?' : c;
}

void tell_plain(const char *text, FILE *out)
{
	for (; text && *text; text++)
		fputc(plain(*text), out);
}

void tell_tidy(char *text)
{
	for (; *text; text++)
		*text = plain(*text);
}

/* As much of a key's id as nobody finds another key for. */
static void tell_key(const char *id, FILE *out)
{
	char some[ID_SHOWN + 2];

	snprintf(some, sizeof(some), " %s", id ? id : "?");
	tell_plain(some, out);
}

static void tell_list(json_t *role, const char *name, const char *what, FILE *out)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(role, name), i, item) {
		fputs(i ? " " : what, out);
		tell_plain(json_string_value(item), out);
	}
}

static void tell_role(const char *what, const char *name, json_t *role, FILE *out)
{
	json_t *item;
	size_t i;

	fprintf(out, "  %s ", what);
	tell_plain(name, out);
	fprintf(out, ": %" JSON_INTEGER_FORMAT " of",
		json_integer_value(json_object_get(role, "threshold")));
	json_array_foreach(json_object_get(role, "keyids"), i, item)
		tell_key(json_string_value(item), out);
	tell_list(role, "paths", ", for ", out);
	tell_list(role, "path_hash_prefixes", ", for names whose hash begins with ", out);
	fputs(json_is_true(json_object_get(role, "terminating")) ? ", terminating\n" : "\n", out);
}

/* Bins share all names there are among them. */
static void tell_delegations(json_t *delegations, FILE *out)
{
	json_t *bins = json_object_get(delegations, "succinct_roles"), *role;
	size_t i;

	json_array_foreach(json_object_get(delegations, "roles"), i, role)
		tell_role("role", json_string_value(json_object_get(role, "name")), role, out);
	if (bins)
		tell_role("for ALL names, roles",
			  json_string_value(json_object_get(bins, "name_prefix")), bins, out);
}

static void tell_mark(const char *name, json_t *mark, FILE *out)
{
	const char *hash =
		json_string_value(json_object_get(json_object_get(mark, "hashes"), "sha256"));
	json_t *version = json_object_get(mark, "version");

	fputs("  ", out);
	tell_plain(name, out);
	if (version)
		fprintf(out, " version %" JSON_INTEGER_FORMAT, json_integer_value(version));
	fputs(" sha256 ", out);
	tell_plain(hash ? hash : "(none)", out);
	fputc('\n', out);
}

void tell_file(json_t *body, FILE *out)
{
	json_t *roles = json_object_get(body, "roles"), *role;
	static const char *const lists[] = { "targets", "meta" };
	const char *name;
	json_t *mark;
	size_t i;

	tell_plain(json_string_value(json_object_get(body, "_type")), out);
	fprintf(out, " version %" JSON_INTEGER_FORMAT ", expires ",
		json_integer_value(json_object_get(body, "version")));
	tell_plain(json_string_value(json_object_get(body, "expires")), out);
	fputc('\n', out);
	json_object_foreach(roles, name, role)
		tell_role("role", name, role, out);
	for (i = 0; i < COUNT(lists); i++)
		json_object_foreach(json_object_get(body, lists[i]), name, mark)
			tell_mark(name, mark, out);
	tell_delegations(json_object_get(body, "delegations"), out);
}
