// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "agent/base/allow.h"

void allow_free(struct allow *a)
{
	free(a->out);
	free(a->in);
	*a = (struct allow){ 0 };
}
