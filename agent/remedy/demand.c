// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/remedy/demand.h"
#include "policy/feed-store.h"
#include "policy/store.h"

#define STORE "/var/lib/lazaret/store"

DEFINE_DROP(policy, policy_free)
DEFINE_DROP(feed, feed_unmap)

/* -ENOENT when there never was one. */
static int read_policy(int store, struct policy **ret, struct fault *fault)
{
	struct accepted accepted;
	int r = store < 0 ? -errno : store_read(store, ret, &accepted, fault);

	if (r < 0 && r != -ENOENT) {
		fault_set(fault, r, "%s", strerror(-r));
		fault_prefix(fault, "the policy in " STORE);
	}
	return r;
}

static bool names(const struct requirement *q, enum remedy remedy)
{
	for (size_t i = 0; i < q->n_remedies; i++)
		if (q->remedies[i] == remedy)
			return true;
	return false;
}

int demand_exposed(bool baseline, struct exposed *ret, struct fault *fault)
{
	_close_ int store = open(STORE, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_drop_(drop_policy) struct policy *p = NULL;
	struct exposed all = { 0 };
	int r = read_policy(store, &p, fault);

	for (size_t i = 0; r == 0 && i < p->n_requirements; i++) {
		const struct requirement *q = &p->requirements[i];
		const struct exposed *e = &q->with.firewall.exposed;

		if (q->check != CHECK_FIREWALL || (baseline && !q->with.firewall.baseline))
			continue;
		all.demanded |= e->demanded;
		for (size_t k = 0; k < e->n && all.n < EXPOSED_MAX; k++)
			all.list[all.n++] = e->list[k];
	}
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	*ret = all;
	return all.demanded;
}

int demand_policy(struct policy **ret, struct fault *fault)
{
	_close_ int store = open(STORE, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return read_policy(store, ret, fault);
}

static bool share(const struct requirement *a, const struct requirement *b)
{
	return a->check == CHECK_ANTIVIRUS && b->check == CHECK_ANTIVIRUS &&
	       a->with.antivirus.provider == b->with.antivirus.provider;
}

/* Requirements that share a provider have it repaired once, with the parts that any demands. */
static struct requirement join(const struct policy *p, size_t at)
{
	struct requirement all = p->requirements[at];

	for (size_t i = 0; i < p->n_requirements; i++) {
		const struct requirement *o = &p->requirements[i];

		if (!share(o, &all))
			continue;
		all.with.antivirus.updater |= o->with.antivirus.updater;
		all.with.antivirus.on_access |= o->with.antivirus.on_access;
	}
	return all;
}

/* Which requirements this is for. */
struct chosen {
	bool rows[POLICY_REQUIREMENTS];
};

/* Whether none before it is chosen and has the same provider. */
static bool is_first(const struct policy *p, const struct chosen *c, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (c->rows[i] && share(&p->requirements[i], &p->requirements[at]))
			return false;
	return c->rows[at];
}

static size_t providers_in(const struct policy *p, const struct chosen *c)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_requirements; i++)
		n += is_first(p, c, i);
	return n;
}

/*
 * A look costs time that an antivirus which was just stopped has not, and lazaretd's has failed: of
 * one provider alone none is taken.  What lazaretd sees fail may be well in root's eyes; then all
 * are meant.
 */
static struct chosen choose(const struct policy *p, const struct demand *d)
{
	struct chosen listed = { 0 }, failing = { 0 };

	for (size_t i = 0; i < p->n_requirements; i++)
		listed.rows[i] = p->requirements[i].check == CHECK_ANTIVIRUS &&
				 (d->remedy == REMEDY_ANY || names(&p->requirements[i], d->remedy));
	if (!d->fails || providers_in(p, &listed) < 2)
		return listed;
	for (size_t i = 0; i < p->n_requirements; i++)
		failing.rows[i] = listed.rows[i] && d->fails(&p->requirements[i]);
	return providers_in(p, &failing) ? failing : listed;
}

int demand_each_of(const struct policy *p, const struct demand *d, struct report *report,
		   struct fault *fault)
{
	struct chosen chosen = choose(p, d);
	int r = 0;

	if (!providers_in(p, &chosen) && d->remedy != REMEDY_ANY)
		return fault_set(fault, -ENOENT, "the policy has %s for no antivirus",
				 remedy_menu[d->remedy].name);
	for (size_t i = 0; i < p->n_requirements; i++) {
		const struct requirement q = join(p, i);
		struct fault f = { 0 };
		int now = is_first(p, &chosen, i) ? d->each(&q, report, &f) : 0;

		/* The others are no worse for it. */
		if (now < 0 && r == 0)
			r = fault_set(fault, now, "%s", f.why);
	}
	return r;
}

int demand_each(const struct demand *d, struct report *report, struct fault *fault)
{
	const struct requirement clamav = { .check = CHECK_ANTIVIRUS,
					    .with.antivirus.provider = &provider_clamav };
	_drop_(drop_policy) struct policy *p = NULL;
	int r = demand_policy(&p, fault);

	if (r == -ENOENT)
		return d->each(&clamav, report, fault);
	return r < 0 ? r : demand_each_of(p, d, report, fault);
}

static int read_feed(int store, struct feed **ret, struct fault *fault)
{
	_close_ int fd = feed_open(store);
	_drop_(drop_feed) struct feed *f = NULL;
	int r;

	if (fd < 0)
		return fault_set(fault, fd, STORE "/" STORE_FEED ": %s", strerror(-fd));
	/* Its owner is an account that must not be able to have root killed: it is copied. */
	r = feed_map(fd, &f, fault);
	if (r == 0)
		r = feed_check(f, fault);
	if (r == 0)
		*ret = take(f);
	else
		fault_prefix(fault, STORE "/" STORE_FEED);
	return r;
}

int demand_patches(int root, struct demand_patches *ret, struct fault *fault)
{
	_close_ int store = open(STORE, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_drop_(drop_policy) struct policy *p = NULL;
	struct demand_patches d = { 0 };
	char target[POLICY_FEED_MAX];
	struct distro distro;
	int r = read_policy(store, &p, fault);

	if (r < 0 && r != -ENOENT)
		return r;
	for (size_t i = 0; p && i < p->n_requirements; i++)
		if (p->requirements[i].check == CHECK_PATCHES)
			d.all |= p->requirements[i].with.patches.all_updates;
	r = p ? feed_wanted(p, root, &distro, target, &d.doubt) : -ENOENT;
	if (r == 0)
		read_feed(store, &d.feed, &d.doubt);
	*ret = d;
	return 0;
}

unsigned demand_limit(enum remedy remedy)
{
	_close_ int store = open(STORE, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_drop_(drop_policy) struct policy *p = NULL;
	struct fault quiet = { 0 };
	uint64_t least = 0;

	if (read_policy(store, &p, &quiet) < 0)
		return remedy_limit(remedy, 0);
	for (size_t i = 0; i < p->n_requirements; i++) {
		const struct requirement *q = &p->requirements[i];

		if (q->remedy_limit && names(q, remedy) && (!least || q->remedy_limit < least))
			least = q->remedy_limit;
	}
	return remedy_limit(remedy, least);
}
