// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/publisher/sign.h"
#include "policy/publisher/tool.h"

int bump_main(int argc, char **argv)
{
	struct workshop w = { .dir = -1 };
	struct fault fault = { 0 };
	struct options o;
	int r;

	if (options_read(argc, argv, "ekp", 1, 1, &o) < 0)
		return tool_usage("bump");
	r = workshop_open(o.args[0], &o, WORKSHOP_WRITE, &w, &fault);
	if (r == 0)
		r = release_timestamp(&w, &o, &fault);
	return sign_finish("not signed", r, &w, &fault);
}
