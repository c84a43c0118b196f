/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files beside ClamAV's signatures that take from what it finds instead of adding to it: clamd
 * reads each of that folder whose name's end it knows (clamav's signature manual; readdb.h).  What
 * its makers have to take back comes within their databases.
 */
#pragma once

#include <stdbool.h>

#include "policy/provider.h"

enum loose {
	LOOSE_NOT,
	LOOSE_PARDONS, /* names what is not to be found: *.ign2, *.fp and the like */
	LOOSE_RETYPES, /* *.ftm, and all that it names is taken for mail; feeds bring such */
	LOOSE_CLOSED,  /* *.ftm that cannot be read */
	LOOSE_BLINDS,  /* switches off how kinds of files are read: *.cfg, other *.ftm */
	LOOSE_KINDS
};

/* The folder of a provider's signatures; false: they are not ClamAV's. */
bool loose_folder(const struct provider *p, char ret[PROVIDER_TEXT_MAX]);

enum loose loose_judge(int dir, const char *name);
