/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts of a document that name things of a host.  Each is refused unless no program could take it
 * for anything else: for an option, another folder, a second word.  As reader.h's.
 */
#pragma once

#include "policy/reader.h"

#define DECLARE_WORD(name) \
	int word_##name(struct reader *r, const struct member *m, json_t *value, void *field)

DECLARE_WORD(name);	   /* small letters, digits, hyphens */
DECLARE_WORD(package);	   /* of deb-control(5) or rpm, without a version */
DECLARE_WORD(unit);	   /* a service, a socket or a timer */
DECLARE_WORD(file);	   /* a file's name in some folder */
DECLARE_WORD(path);	   /* absolute, and without ".." */
DECLARE_WORD(config_path); /* the same, below /etc, /opt or /var */
DECLARE_WORD(uri);	   /* https, http or file */
