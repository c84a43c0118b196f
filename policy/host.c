// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "policy/host.h"

void host_write(const uint8_t host[HOST_ID], char ret[HOST_TEXT])
{
	code_write(host, HOST_ID, ret);
}

int host_read(const char *text, uint8_t ret[HOST_ID])
{
	uint8_t host[HOST_ID];

	if (code_read(text, host, sizeof(host)) != HOST_ID)
		return -EINVAL;
	memcpy(ret, host, HOST_ID);
	return 0;
}
