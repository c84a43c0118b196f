// SPDX-License-Identifier: GPL-2.0-or-later
/* The first byte chooses the role; the rest is its file, before any signature counts. */
#include <stdint.h>
#include <stdlib.h>

#include "policy/root.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(enum role role, const char *text, size_t len)
{
	struct metadata *m = NULL;
	struct mark mark;

	if (metadata_open(role, text, len, NULL, &m, NULL) == 0) {
		if (m->version < 1)
			abort();
		metadata_mark(m, "snapshot.json", &mark);
		metadata_mark(m, "policy.json", &mark);
	}
	metadata_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct root *root = NULL;
	enum role role;

	if (!size)
		return 0;
	role = data[0] % ROLE_COUNT;
	check(role, (const char *)data + 1, size - 1);
	if (role == ROLE_ROOT)
		root_open((const char *)data + 1, size - 1, NULL, &root, NULL);
	root_free(root);
	return 0;
}
