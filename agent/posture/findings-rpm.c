// SPDX-License-Identifier: GPL-2.0-or-later
/* Apart from findings.c, so that who has no rpm does not need what reads repositories. */
#include <errno.h>

#include "agent/posture/dnf.h"
#include "agent/posture/findings.h"
#include "policy/version.h"

/* Of several that are installed beside each other, as kernels are, only the newest counts. */
static bool is_newest(const struct inventory *inv, size_t i)
{
	size_t n, at = 0, other;
	const struct package *rows = inventory_list(inv, &n), *p = &rows[i];

	while ((other = inventory_find(inv, p->name, &at)) != INVENTORY_END)
		if (word_same(rows[other].arch, p->arch) &&
		    version_compare_rpm(rows[other].version.p, rows[other].version.len,
					p->version.p, p->version.len) > 0)
			return false;
	return true;
}

int findings_make_rpm(const struct inventory *inv, const struct dnf *dnf, const struct feed *feed,
		      bool all, struct findings **ret)
{
	struct making *m = findings_begin(feed);
	size_t n;
	const struct package *rows = inventory_list(inv, &n);
	int r = m ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && r == 0; i++)
		if (is_newest(inv, i))
			r = findings_judge_rpm(m, &rows[i], dnf_candidate(dnf, i), all);
	if (r < 0)
		findings_free(findings_end(m));
	else
		*ret = findings_end(m);
	return r;
}
