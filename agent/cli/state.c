// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/cli/cli.h"
#include "agent/cli/put.h"
#include "agent/cli/state.h"

static const struct state {
	const char *name, *colour;
	int exit;
} states[] = {
	{ "compliant", GREEN, 0 },	    { "grace", YELLOW, EXIT_GRACE },
	{ "released", YELLOW, EXIT_GRACE }, { "quarantined", RED, EXIT_HELD },
	{ "held", RED, EXIT_HELD },	    { "unmanaged", YELLOW, EXIT_NO_POLICY },
};

static const struct state *find(const char *name)
{
	static const struct state unknown = { "", YELLOW, EXIT_FAILED };

	for (size_t i = 0; i < COUNT(states); i++)
		if (!strcmp(states[i].name, name))
			return &states[i];
	return &unknown;
}

const char *state_colour(const char *state)
{
	return find(state)->colour;
}

int state_exit(const char *state)
{
	return find(state)->exit;
}
