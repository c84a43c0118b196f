// SPDX-License-Identifier: GPL-2.0-or-later
/* lazaret-policy: what the owner of a fleet makes and signs policies with. */
#include "policy/publisher/tool.h"

int main(int argc, char **argv)
{
	return tool_main(argc, argv);
}
