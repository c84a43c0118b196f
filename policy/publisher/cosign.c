// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/publisher/hand.h"
#include "policy/publisher/options.h"
#include "policy/publisher/tell.h"
#include "policy/publisher/tool.h"
#include "policy/publisher/workshop.h"

/* Nobody signs what he has not seen. */
static bool agrees(const struct options *o)
{
	char answer[8] = "";

	if (o->yes)
		return true;
	if (!isatty(STDIN_FILENO))
		return false;
	fputs("Sign this? [y/N] ", stdout);
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y');
}

static int cosign(const struct options *o, json_t *file, struct fault *fault)
{
	_drop_(drop_hand) struct hand *hand = NULL;
	_free_ char *text = NULL;
	size_t len, added = 0;
	int r = hand_open(-1, o, false, &hand, fault);

	if (r == 0)
		r = hand_sign(hand, NULL, json_object_get(file, "signed"),
			      json_object_get(file, "signatures"), &added, fault);
	if (r == 0 && !added)
		return fault_set(fault, -EALREADY, "these keys have signed it");
	if (r == 0)
		r = workshop_dump(file, &text, &len);
	return r < 0 ? r : io_replace(AT_FDCWD, o->args[0], text, len, 0644);
}

int cosign_main(int argc, char **argv)
{
	_drop_(drop_json) json_t *file = NULL;
	struct fault fault = { 0 };
	struct options o;
	int r;

	if (options_read(argc, argv, "kpy", 1, 1, &o) < 0 || !o.keys.n)
		return tool_usage("cosign");
	r = tell_read(o.args[0], &file, &fault);
	if (r == 0)
		tell_file(json_object_get(file, "signed"), stdout);
	if (r == 0 && !agrees(&o))
		r = fault_set(&fault, -ECANCELED, "not agreed to (--yes agrees)");
	if (r == 0)
		r = cosign(&o, file, &fault);
	if (r < 0)
		return options_fail("not signed", r, &fault);
	printf("signed; %s goes back into the draft/ it came from, for `sign`\n", o.args[0]);
	return 0;
}
