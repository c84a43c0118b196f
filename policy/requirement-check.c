// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/requirement-check.h"
#include "agent/base/count.h"
#include "policy/document.h"
#include "policy/reader.h"

static bool has_part(const struct provider *p, enum part part)
{
	for (size_t i = 0; i < p->n_units; i++)
		if (p->units[i].part == part)
			return true;
	return false;
}

/* What cannot be done about a provider must not be promised, nor what is not judged be demanded. */
static int check_provider(struct reader *r, const struct requirement *q)
{
	const struct provider *p = q->with.antivirus.provider;
	const struct {
		bool made, kept;
		const char *member, *needs;
	} promises[] = {
		{ q->with.antivirus.updater, has_part(p, PART_UPDATER), "updater",
		  "a unit with the part \"updater\"" },
		{ q->with.antivirus.updater_max_age, p->updates.from != CHRONICLE_NONE,
		  "updater_max_age", "\"updates\"" },
		{ q->with.antivirus.on_access, has_part(p, PART_ON_ACCESS), "on_access",
		  "a unit with the part \"on-access\"" },
		{ q->with.antivirus.proof_every, p->answer.speaks == TONGUE_CLAMD, "proof_every",
		  "an answer that speaks \"clamd\"" },
	};

	for (size_t i = 0; i < q->n_remedies; i++)
		if (!provider_has(p, q->remedies[i]))
			return reader_refuse(r, "provider \"%s\" has no remedy %s", p->name,
					     remedy_menu[q->remedies[i]].name);
	for (size_t i = 0; i < COUNT(promises); i++)
		if (promises[i].made && !promises[i].kept)
			return reader_refuse(r, "%s needs a provider that has %s; %s has none",
					     promises[i].member, promises[i].needs, p->name);
	return 0;
}

/* A baseline that nobody can log in through must at least have been meant. */
static int check_baseline(struct reader *r, const struct requirement *q)
{
	if (q->with.firewall.baseline && !q->with.firewall.exposed.demanded)
		return reader_refuse(r, "baseline needs exposed: the ports that it leaves open; "
					"[] for none");
	return 0;
}

/* What may not be restarted must not be promised, nor what nobody does be allowed. */
static int check_restart(struct reader *r, const struct requirement *q)
{
	bool restarts = false;

	for (size_t i = 0; i < q->n_remedies; i++)
		restarts |= q->remedies[i] == REMEDY_SERVICES_RESTART;
	if (restarts && !q->with.patches.n_restart)
		return reader_refuse(r, "remedy %s needs \"restart\": the services it may restart",
				     remedy_menu[REMEDY_SERVICES_RESTART].name);
	if (!restarts && q->with.patches.n_restart)
		return reader_refuse(r, "\"restart\" is of no use without the remedy %s",
				     remedy_menu[REMEDY_SERVICES_RESTART].name);
	return 0;
}

/* A deadline that nothing counts never comes. */
static int check_force(struct reader *r, const struct requirement *q)
{
	if (q->with.patches.reboot.force && !(q->with.patches.fails_on >> PATCH_RESTART & 1))
		return reader_refuse(r,
				     "reboot.force needs \"%s\" in fails_on: else there is no "
				     "deadline to force it at",
				     patch_state_names[PATCH_RESTART]);
	return 0;
}

int requirement_check(struct reader *r, const struct requirement *q)
{
	int err;

	switch (q->check) {
	case CHECK_PATCHES: err = check_restart(r, q); return err < 0 ? err : check_force(r, q);
	case CHECK_ANTIVIRUS: return check_provider(r, q);
	case CHECK_FIREWALL: return check_baseline(r, q);
	case CHECK_COUNT: break;
	}
	return 0;
}
