/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

#include "agent/posture/remembered.h"
#include "policy/provider.h"

/*
 * Compares a package's files with the hashes that its package manager keeps of them (hashes.h).
 * What only documents is passed over, and so are configuration files.  0 and ret empty when all are
 * as they were packaged; -EUCLEAN and in ret what is wrong with the first that is not; -EAGAIN when
 * not all could be read this time (*budget bytes, counted down from WHOLE_PER_LOOK; a larger file
 * is read when nothing was before it); -EXDEV when some lie in folders that are closed to us;
 * -EACCES and another error when one cannot be read though it is seen, in ret which; the errors of
 * hashes_read(), and -EBADMSG for a list that is none.  The hash finds accidents and hasty hands;
 * root can forge it.
 */
#define WHOLE_PER_LOOK ((size_t)32 * 1024 * 1024) /* bytes: a tenth of a second */
int whole_look(int root, const char *package, struct remembered *remembered, size_t *budget,
	       char ret[120]);

/*
 * The installed packages of a provider's libraries ("libclamav12:amd64"); PROVIDER_ROWS at most.
 * remembered: may be NULL.
 */
void whole_libraries(int root, const struct provider *p, struct remembered *remembered,
		     struct texts *ret);
