// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/names.h"
#include "policy/publisher/draft.h"
#include "policy/publisher/stock.h"
#include "policy/publisher/workshop.h"

bool stock_fits(const char *target)
{
	return target_fits(target) && *target != '/' && !strstr(target, "..") &&
	       !strstr(target, "//");
}

int stock_put(int dir, const char *target, const char *text, size_t len, json_t **entry,
	      struct fault *fault)
{
	_drop_(drop_json) json_t *made = NULL;
	char path[NAME_ROOM];
	struct mark mark;
	int r;

	if (!stock_fits(target))
		return fault_set(fault, -EINVAL, "%s: no name for a target", target);
	if (len > STOCK_TARGET_MAX)
		return fault_set(fault, -EFBIG, "%s: longer than %d bytes", target,
				 STOCK_TARGET_MAX);
	r = draft_mark(text, len, 0, &made);
	if (r == 0)
		r = mark_parse(made, &mark, fault);
	if (r < 0)
		return r;
	path_of_target(target, &mark, path);
	r = workshop_make_folders(dir, path, fault);
	if (r == 0)
		r = io_replace(dir, path, text, len, 0644);
	if (r < 0)
		return fault_set(fault, r, "%s: %s", path, strerror(-r));
	*entry = take(made);
	return 0;
}

static int check_one(int dir, const char *target, json_t *entry, struct fault *fault)
{
	_free_ char *text = NULL;
	char path[NAME_ROOM];
	struct mark mark;
	size_t len;
	int r = stock_fits(target) ? mark_parse(entry, &mark, fault) : -EINVAL;

	if (r < 0)
		return fault_set(fault, r, "%.60s: no name for a target", target);
	path_of_target(target, &mark, path);
	r = io_read(dir, path, STOCK_TARGET_MAX, &text, &len);
	if (r == 0)
		r = mark_check(&mark, text, len, fault);
	if (r == 0)
		return 0;
	fault_set(fault, r, "%s", strerror(-r));
	fault_prefix(fault, "%s", path);
	return r;
}

int stock_check(int dir, json_t *body, struct fault *fault)
{
	const char *target;
	json_t *entry;
	int r = 0;

	json_object_foreach(json_object_get(body, "targets"), target, entry) {
		r = check_one(dir, target, entry, fault);
		if (r < 0)
			break;
	}
	return r;
}
