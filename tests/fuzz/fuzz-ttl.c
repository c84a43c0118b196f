// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>

#include "agent/fetch/ttl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	ttl_read(data, len);
	return 0;
}
