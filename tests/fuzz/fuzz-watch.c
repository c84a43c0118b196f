// SPDX-License-Identifier: GPL-2.0-or-later
/* What nf_tables tells of others' changes. */
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "netfilter/watch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_free_ void *copy = malloc(size ? size : 1); /* aligned, and with an end that is watched */
	struct watch w = { 0 };

	if (!copy)
		abort();
	memcpy(copy, data, size);
	watch_read(&w, copy, (int)size);
	if (strnlen(w.name, sizeof(w.name)) == sizeof(w.name))
		abort();
	for (const char *p = w.name; *p; p++)
		if (*p < ' ' || *p > '~')
			abort();
	return 0;
}
