// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/posture/maps.h"
#include "agent/posture/running.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void each(void *ctx, const char *path, size_t len)
{
	size_t *sum = ctx;

	if (!len || *path != '/' || memchr(path, '\n', len))
		abort();
	*sum += len;
}

/* In one piece or in two, the same is found; a unit's name is one that systemctl may be given. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = strndup((const char *)data, len), unit[RUNNING_UNIT];
	const char *bytes = (const char *)data;
	size_t whole = 0, parts = 0, used = maps_each(bytes, len, each, &whole);
	struct running heard = { 0 };

	if (used > len || (used && bytes[used - 1] != '\n'))
		abort();
	used = maps_each(bytes, len / 2, each, &parts);
	maps_each(bytes + used, len - used, each, &parts);
	if (whole != parts || !text)
		abort();
	running_unit(text, unit);
	if (strcmp(unit, "-") && (*unit == '-' || strpbrk(unit, "/ \n;$`'\"")))
		abort();
	running_hear(&heard, text);
	free(text);
	return 0;
}
