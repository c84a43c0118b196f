// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file as it comes from the network, with signers whom it does not know: whatever it
 * says, it must not be accepted, nor be read past its signatures.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/json.h"
#include "policy/role.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char key_text[] =
	"{\"keytype\":\"ecdsa\",\"scheme\":\"ecdsa-sha2-nistp256\",\"keyval\":{\"public\":"
	"\"-----BEGIN PUBLIC KEY-----\\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEVfei1dXQRVeArCMcTDgxJtYg+Fs7\\n"
	"V87DjhQbGlRJPyC7SW5TbNNkmvpmi4LeTv6moLVZ7T2nVqiRZbSkD+cf8w==\\n"
	"-----END PUBLIC KEY-----\\n\"}}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct signers signers = { .n = 1, .threshold = 1 };
	struct metadata *m = NULL;
	char id[KEY_ID_TEXT];
	json_t *object = NULL;
	struct key *k = NULL;

	if (json_read(key_text, strlen(key_text), &object, NULL) < 0 ||
	    key_name(object, id, NULL) < 0 || key_parse(id, object, &k, NULL) < 0)
		abort();
	signers.keys[0] = k;
	for (int role = ROLE_TIMESTAMP; role < ROLE_COUNT; role++)
		if (metadata_open(role, (const char *)data, size, &signers, &m, NULL) == 0)
			abort();
	key_free(k);
	json_decref(object);
	return 0;
}
