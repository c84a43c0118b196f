/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

#include "agent/posture/remembered.h"
#include "policy/provider.h"

/*
 * Compares a package's files with the hashes that dpkg keeps of them
 * (/var/lib/dpkg/info/NAME.md5sums, deb-md5sums(5)).  What only documents is passed over, and so
 * are configuration files, which dpkg does not list.  0 and ret empty when all are as they were
 * packaged; -EUCLEAN and in ret what is wrong with the first that is not; -EAGAIN when not all
 * could be read this time (*budget bytes, counted down from WHOLE_PER_LOOK; a larger file is read
 * when nothing was before it); -EXDEV when some lie in folders that are closed to us; -EACCES and
 * another error when one cannot be read though it is seen, in ret which; -ENOENT when dpkg does not
 * know the package; -EBADMSG when it knows it and has no list, an empty one or one that is none.
 * The hash finds accidents and hasty hands; root can forge it.
 */
#define WHOLE_PER_LOOK ((size_t)32 * 1024 * 1024) /* bytes: a tenth of a second */
int whole_look(int root, const char *package, struct remembered *remembered, size_t *budget,
	       char ret[120]);

/*
 * The installed packages of a provider's libraries, called as dpkg's files are
 * ("libclamav12:amd64"); PROVIDER_ROWS at most.
 */
void whole_libraries(int root, const struct provider *p, struct texts *ret);
