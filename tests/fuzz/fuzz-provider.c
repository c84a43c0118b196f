// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Whatever is accepted names a daemon, and nothing that a program would take for an option. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	_free_ char *text = strndup((const char *)data, len);
	_free_ struct provider *p = calloc(1, sizeof(*p));
	struct fault fault = { 0 };
	bool daemon = false;

	if (!text || !p || provider_parse(text, strlen(text), p, &fault) < 0)
		return 0;
	for (size_t i = 0; i < p->n_units; i++) {
		daemon |= p->units[i].part == PART_DAEMON && *p->units[i].program == '/';
		if (*p->units[i].name == '-' || strchr(p->units[i].name, '/'))
			abort();
	}
	for (size_t i = 0; i < p->packages.n; i++)
		if (strpbrk(p->packages.rows[i], "=/ ") || *p->packages.rows[i] == '-')
			abort();
	for (size_t i = 0; i < p->n_settings; i++)
		if (*p->settings[i].file != '/' || strstr(p->settings[i].file, "/../"))
			abort();
	if (!daemon)
		abort();
	return 0;
}
