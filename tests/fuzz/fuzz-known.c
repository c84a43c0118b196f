// SPDX-License-Identifier: GPL-2.0-or-later
/* Records that lazaret-fetch may send: none opens what the list does not sign. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/known.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct prefix bound = { AF_INET, 8, { 10 } };

static void check(const struct known *k, const struct allow *a)
{
	static struct found found[ALLOW_NAMED_MAX];
	struct allow list;

	known_found(k, found);
	if (allow_resolve(a, found, k->n, NULL, 0, &list) < 0)
		return;
	for (size_t i = 0; i < list.n_out; i++)
		if (!prefix_holds(&bound, list.out[i].family, list.out[i].addr) ||
		    list.out[i].prefix != 32 || list.out[i].port != 80)
			abort();
	allow_free(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct known k;
	struct named n = { .ports = { { 6, 80 } }, .n_ports = 1, .n_within = 1 };
	const struct allow a = { .named = &n, .n_named = 1 };
	uint64_t now = 1;

	k.n = 0;
	strcpy(n.name.text, "a.b");
	n.within[0] = bound;
	known_keep(&k, &a);
	for (struct fetch_found f; len; now += KNOWN_GRACE / 2) {
		size_t some = len < sizeof(f) ? len : sizeof(f);

		memset(&f, 0, sizeof(f));
		memcpy(&f, data, some);
		data += some;
		len -= some;
		known_take(&k, &a, &f, now);
		known_expire(&k, now);
		check(&k, &a);
	}
	return 0;
}
