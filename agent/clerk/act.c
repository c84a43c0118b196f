// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>

#include "agent/clerk/act.h"

void act_say(const char *requirement, const struct act *a, char line[ACT_LINE])
{
	snprintf(line, ACT_LINE, "act %s %" PRId64 " %u %s", requirement, a->at, (unsigned)a->rank,
		 a->text);
}

bool act_hear(const char *line, char requirement[POLICY_ID_MAX], struct act *ret)
{
	struct act a = { 0 };
	unsigned rank;

	_Static_assert(POLICY_ID_MAX == 64 && ACT_TEXT == 160, "the widths below");
	if (sscanf(line, "act %63s %" SCNd64 " %u %159[^\n]", requirement, &a.at, &rank, a.text) !=
		    4 ||
	    rank >= ACT_RANKS)
		return false;
	a.rank = (enum act_rank)rank;
	*ret = a;
	return true;
}
