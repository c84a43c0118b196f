// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first line is a target's path, the second a pattern, the rest a "delegations" object.
 * Whoever is trusted has a name that is safe in the store; the matcher does as a plain one.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/delegation.h"
#include "policy/json.h"
#include "policy/pattern.h"

#define SHORT 12 /* the plain matcher takes exponential time */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool plain_fits(const char *pattern, const char *path)
{
	if (*pattern == '*')
		return plain_fits(pattern + 1, path) ||
		       (*path && *path != '/' && plain_fits(pattern, path + 1));
	if (!*pattern || !*path)
		return *pattern == *path;
	return (*pattern == *path || (*pattern == '?' && *path != '/')) &&
	       plain_fits(pattern + 1, path + 1);
}

static void check_pattern(const char *pattern, const char *path)
{
	bool fits = pattern_fits(pattern, path);

	if (strlen(pattern) <= SHORT && strlen(path) <= SHORT && fits != plain_fits(pattern, path))
		abort();
}

static void check_delegations(const char *target, json_t *object)
{
	_drop_(drop_json) json_t *body = json_pack("{s:O}", "delegations", object);
	struct delegations *d = NULL;
	struct delegation next;
	char name[NAME_ROOM];
	size_t at = 0;

	if (delegations_read(body, &d, NULL) < 0)
		return;
	while (delegations_next(d, target, &at, &next) == 0) {
		name_of_role(next.name, name);
		if (!role_fits(next.name) || strchr(name, '/') || strlen(name) > 255 ||
		    !strcmp(name, "root.json"))
			abort();
	}
	delegations_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_free_ char *text = malloc(size + 1);
	_drop_(drop_json) json_t *object = NULL;
	char *pattern, *rest;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	pattern = strchr(text, '\n');
	rest = pattern ? strchr(pattern + 1, '\n') : NULL;
	if (!rest)
		return 0;
	*pattern++ = '\0';
	*rest++ = '\0';
	check_pattern(pattern, text);
	if (json_read(rest, size - (size_t)(rest - text), &object, NULL) == 0)
		check_delegations(text, object);
	return 0;
}
