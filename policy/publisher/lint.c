// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/document.h"
#include "policy/json.h"
#include "policy/publisher/advice.h"
#include "policy/publisher/lint.h"
#include "policy/publisher/tool.h"

int lint_file(const char *path, char **ret, size_t *len)
{
	struct policy *policy = NULL;
	_free_ char *text = NULL;
	struct fault fault = { 0 };
	size_t n;
	int r;

	r = io_read(AT_FDCWD, path, POLICY_FILE_MAX, &text, &n);
	if (r == 0)
		r = policy_parse(text, n, &policy, &fault);
	policy_free(policy);
	if (r < 0) {
		fault_set(&fault, r, "%s", strerror(-r));
		if (fault.line)
			fprintf(stderr, "%s:%u:%u: %s\n", path, fault.line, fault.col, fault.why);
		else
			fprintf(stderr, "%s: %s\n", path, fault.why);
		return r;
	}
	*len = n;
	*ret = take(text);
	return 0;
}

int lint_main(int argc, char **argv)
{
	_drop_(drop_json) json_t *document = NULL;
	_free_ char *text = NULL;
	size_t len;

	if (argc != 2)
		return tool_usage("lint");
	if (lint_file(argv[1], &text, &len) < 0 || json_read(text, len, &document, NULL) < 0)
		return 1;
	advise(argv[1], document, stderr);
	printf("%s: good; mode %s, %zu requirements\n", argv[1],
	       json_string_value(json_object_get(document, "mode")),
	       json_array_size(json_object_get(document, "requirements")));
	return 0;
}
