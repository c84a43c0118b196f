// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/remedy/demand.h"
#include "policy/store.h"

#define STORE "/var/lib/lazaret/store"

DEFINE_DROP(policy, policy_free)

/* Requirements may share a provider: then it has the parts that any of them demands. */
static bool was_before(const struct policy *p, size_t at, struct requirement *all)
{
	const struct requirement *q = &p->requirements[at];

	*all = *q;
	for (size_t i = 0; i < p->n_requirements; i++) {
		const struct requirement *o = &p->requirements[i];

		if (o->check != CHECK_ANTIVIRUS ||
		    o->with.antivirus.provider != q->with.antivirus.provider)
			continue;
		if (i < at)
			return true;
		all->with.antivirus.updater |= o->with.antivirus.updater;
		all->with.antivirus.on_access |= o->with.antivirus.on_access;
	}
	return false;
}

int demand_each(enum remedy remedy,
		int (*each)(const struct requirement *q, struct report *report,
			    struct fault *fault),
		struct report *report, struct fault *fault)
{
	const struct requirement clamav = { .check = CHECK_ANTIVIRUS,
					    .with.antivirus.provider = &provider_clamav };
	_close_ int store = open(STORE, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_drop_(drop_policy) struct policy *p = NULL;
	struct accepted accepted;
	int r = store < 0 ? -errno : store_read(store, &p, &accepted, fault), n = 0;

	if (r == -ENOENT)
		return each(&clamav, report, fault);
	if (r < 0) {
		fault_set(fault, r, "%s", strerror(-r));
		fault_prefix(fault, "the policy in " STORE);
		return r;
	}
	for (size_t i = 0; r == 0 && i < p->n_requirements; i++) {
		struct requirement q;

		if (p->requirements[i].check != CHECK_ANTIVIRUS || was_before(p, i, &q) ||
		    (remedy != REMEDY_ANY && !provider_has(q.with.antivirus.provider, remedy)))
			continue;
		r = each(&q, report, fault);
		n++;
	}
	if (!n && remedy != REMEDY_ANY)
		return fault_set(fault, -ENOENT, "the policy demands no antivirus that has %s",
				 remedy_menu[remedy].name);
	return r;
}
