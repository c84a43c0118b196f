// SPDX-License-Identifier: GPL-2.0-or-later
/* Sealed keys made elsewhere, as PEM or the DER in it. */
#include <string.h>

#include "policy/publisher/pem.h"
#include "policy/publisher/pkcs8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct blob phrase = { (uint8_t *)"phrase", 6 };
	_wipe_ struct blob text = { calloc(1, size + 1), size + 1 }, der = { 0 }, open = { 0 };

	if (size > PEM_MAX || !text.data)
		return 0;
	memcpy(text.data, data, size);
	if (pem_read((const char *)text.data, "ENCRYPTED PRIVATE KEY", &der) < 0) {
		free(der.data);
		der = (struct blob){ malloc(size + 1), size };
		memcpy(der.data, data, size);
	}
	pkcs8_open(&der, &phrase, 100, &open, NULL);
	return 0;
}
