// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/apt-host.h"
#include "agent/posture/apt.h"
#include "agent/posture/dpkg.h"

static void read_machine_id(int root, const char *said, char ret[MACHINE_ID_MAX])
{
	_free_ char *text = NULL;
	size_t len;

	if (!*said && io_read(root, ETC_MACHINE_ID, MACHINE_ID_MAX - 1, &text, &len) < 0)
		return;
	if (text)
		text[strcspn(text, "\n")] = '\0';
	snprintf(ret, MACHINE_ID_MAX, "%.*s", MACHINE_ID_MAX - 1, text ? text : said);
}

/* dpkg's; there is no file where it was never told of another than the host's own. */
static int read_foreign(int root, char ret[APTCONF_TEXT_MAX])
{
	_free_ char *text = NULL;
	size_t len;
	int r = io_read(root, DPKG_ARCH, APTCONF_TEXT_MAX - 1, &text, &len);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\n')
			text[i] = ' ';
	snprintf(ret, APTCONF_TEXT_MAX, "%s", text);
	return 0;
}

/* The host's own, dpkg's, is always among them; without dpkg nothing says which that is. */
static bool add_native(const struct inventory *inv, char list[APTCONF_TEXT_MAX])
{
	size_t n = strlen(list), at = 0, i, all;
	const struct package *rows = inventory_list(inv, &all);

	i = inventory_find(inv, (struct word)WORD("dpkg"), &at);
	if (i == INVENTORY_END || n + rows[i].arch.len + 2 > APTCONF_TEXT_MAX)
		return false;
	snprintf(list + n, APTCONF_TEXT_MAX - n, " %.*s", (int)rows[i].arch.len, rows[i].arch.p);
	return true;
}

static void find_architectures(int root, const struct inventory *inv, char list[APTCONF_TEXT_MAX])
{
	if ((!*list && read_foreign(root, list) < 0) || !add_native(inv, list))
		*list = '\0';
}

int apt_host_read(int root, const struct inventory *inv, struct apt_host *ret, struct fault *fault)
{
	struct fault moved = { 0 };
	int elsewhere = aptconf_read(root, &ret->conf, &moved), r;

	if (elsewhere == -ENOMEM)
		return -ENOMEM;
	find_architectures(root, inv, ret->conf.architectures);
	read_machine_id(root, ret->conf.machine_id, ret->machine_id);
	r = distribution_read(root, &ret->os, &ret->of, fault);
	if (r == 0 && elsewhere)
		r = fault_set(fault, elsewhere, "%s", moved.why);
	return r;
}

void apt_host_drop(struct apt_host *h)
{
	free(h->os);
}
