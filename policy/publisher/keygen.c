// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "policy/publisher/options.h"
#include "policy/publisher/phrase.h"
#include "policy/publisher/secret.h"
#include "policy/publisher/tool.h"

int keygen_main(int argc, char **argv)
{
	_drop_(drop_secret) struct secret *s = NULL;
	struct phrase phrase = { 0 };
	struct fault fault = { 0 };
	struct options o;
	int r;

	if (options_read(argc, argv, "KpN", 1, 1, &o) < 0)
		return tool_usage("keygen");
	phrase.file = o.phrase_file;
	r = secret_make_type(o.type ? o.type : "p256", &s, &fault);
	if (r == 0 && !o.open.n)
		r = phrase_choose(&phrase, o.args[0], &fault);
	if (r == 0)
		r = secret_store(s, AT_FDCWD, o.args[0], o.open.n ? NULL : &phrase.last, &fault);
	phrase_clear(&phrase);
	if (r < 0)
		return options_fail("no key was made", r, &fault);
	printf("%s\n", secret_id(s));
	return 0;
}
