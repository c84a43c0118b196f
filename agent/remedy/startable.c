// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/posture/unit.h"
#include "agent/remedy/manager.h"
#include "agent/remedy/startable.h"
#include "agent/remedy/uncover.h"

/* What no start changes of a unit, in the words of a fault; NULL: nothing. */
static const char *find_change(int root, const struct provider_unit *u, struct unit *ret)
{
	unit_look(root, u, ret);
	switch (ret->load) {
	case UNIT_MASKED: return "masked by";
	case UNIT_OVERRIDDEN: return "overridden by";
	case UNIT_ABSENT:
	case UNIT_PLAIN: break;
	}
	if (*ret->drop_in)
		return "changed by";
	return *ret->fragment && is_covered(root, ret->fragment) ? "covered by a mount over" : NULL;
}

/* A unit of the same name may run something else in its place. */
static int check_program(int root, const struct provider_unit *u, struct fault *fault)
{
	if (!*u->program || faccessat(root, u->program + 1, X_OK, AT_EACCESS) == 0)
		return 0;
	return fault_set(fault, -ENOENT, "%s %s: no start changes that, antivirus-reinstall does",
			 u->program, errno == ENOENT ? "is not there" : "cannot be executed");
}

static int check_unit(int root, const struct provider_unit *u, struct fault *fault)
{
	struct unit unit;
	const char *how = find_change(root, u, &unit);

	if (!how)
		return 0;
	return fault_set(fault, -EUCLEAN,
			 "%s is %s /%.90s: no start changes that, antivirus-enable does", u->name,
			 how, *unit.drop_in ? unit.drop_in : unit.fragment);
}

static int check_each(const struct requirement *q, unsigned which,
		      int (*check)(int root, const struct provider_unit *u, struct fault *fault),
		      struct fault *fault)
{
	const struct provider *p = q->with.antivirus.provider;
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->n_units; i++)
		if (manager_kind(q, &p->units[i]) & which)
			r = check(root, &p->units[i], fault);
	return r;
}

int has_programs(const struct requirement *q, unsigned which, struct fault *fault)
{
	return check_each(q, which, check_program, fault);
}

int startable(const struct requirement *q, unsigned which, struct fault *fault)
{
	int r = has_programs(q, which, fault);

	return r < 0 ? r : check_each(q, which, check_unit, fault);
}
